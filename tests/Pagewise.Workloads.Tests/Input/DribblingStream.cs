namespace Pagewise.Workloads.Tests.Input;

/// <summary>Hands out a few bytes at a time, as pipes do.</summary>
internal sealed class DribblingStream(Stream source, Random random) : ReadOnlyStream
{
    public override int Read(Span<byte> buffer) => source.Read(buffer[..Math.Min(buffer.Length, random.Next(1, 200))]);
}
