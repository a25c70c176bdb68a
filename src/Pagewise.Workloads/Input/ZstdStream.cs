using Pagewise.NativeMemory;

namespace Pagewise.Workloads;

/// <summary>A zstd-compressed stream read through the system's libzstd.</summary>
internal sealed class ZstdStream : ReadOnlyStream
{
    private readonly Stream _source;
    private readonly ZstdDecoder _decoder;
    private readonly byte[] _input = new byte[128 << 10];
    private int _start;
    private int _end;
    private bool _sourceEnded;
    private bool _atFrameEnd = true;

    public ZstdStream(Stream source, ZstdDecoder decoder)
    {
        _source = source;
        _decoder = decoder;
    }

    public override int Read(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (_start == _end && !_sourceEnded)
            {
                _start = 0;
                _end = _source.Read(_input);
                _sourceEnded = _end == 0;
            }

            if (_sourceEnded && _atFrameEnd)
                return 0;
            string? error = _decoder.Decode(_input.AsSpan(_start, _end - _start), buffer, out int consumed, out int produced, out bool atFrameEnd);
            if (error is not null)
                throw new InvalidDataException($"zstd: {error}");
            _start += consumed;
            if (consumed > 0 || produced > 0)
                _atFrameEnd = atFrameEnd;
            if (produced > 0)
                return produced;
            if (_sourceEnded)
                throw new EndOfStreamException("the zstd stream is cut: it ends inside a frame");
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }
}
