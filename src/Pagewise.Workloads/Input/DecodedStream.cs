using Pagewise.NativeMemory;

namespace Pagewise.Workloads;

/// <summary>A compressed stream read through one of the system's libraries.</summary>
internal sealed class DecodedStream : ReadOnlyStream
{
    private readonly Stream _source;
    private readonly StreamDecoder _decoder;
    private readonly string _format;
    private readonly byte[] _input = new byte[128 << 10];
    private int _start;
    private int _end;
    private bool _sourceEnded;
    private bool _atFrameEnd = true;

    public DecodedStream(Stream source, StreamDecoder decoder, string format)
    {
        _format = format;
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
                throw new InvalidDataException($"{_format}: {error}");
            _start += consumed;
            if (consumed > 0 || produced > 0 || atFrameEnd)
                _atFrameEnd = atFrameEnd;
            if (produced > 0)
                return produced;
            if (_sourceEnded && !_atFrameEnd)
                throw new EndOfStreamException($"the {_format} stream is cut: it ends inside a frame");
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
