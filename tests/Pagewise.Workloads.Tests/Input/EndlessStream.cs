namespace Pagewise.Workloads.Tests.Input;

/// <summary>Some bytes, then one byte over and over.</summary>
internal sealed class EndlessStream(byte[] head, byte filler, long length) : ReadOnlyStream
{
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        if (_position < head.Length)
        {
            int count = Math.Min(buffer.Length, head.Length - (int)_position);
            head.AsSpan((int)_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        int rest = (int)Math.Min(buffer.Length, length - _position);
        buffer[..rest].Fill(filler);
        _position += rest;
        return rest;
    }
}
