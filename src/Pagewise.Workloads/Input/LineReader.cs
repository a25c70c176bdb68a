namespace Pagewise.Workloads;

/// <summary>The lines of a text recording, without copying them.</summary>
internal sealed class LineReader : IDisposable
{
    /// <summary>The longest line taken, in bytes.</summary>
    public const int LineLimit = 16 << 20;

    private readonly InputBuffer _input;
    private int _taken;

    public LineReader(InputBuffer input) => _input = input;

    /// <summary>The number of the line last returned, from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Whether the line last returned had no line end: the file may be cut in it.</summary>
    public bool LastLineIsOpen { get; private set; }

    /// <summary>The next line without its end, valid until the next call; false at the end of the input.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        _input.Take(_taken);
        _taken = 0;
        int searched = 0;
        while (true)
        {
            ReadOnlySpan<byte> window = _input.Window;
            int length = window[searched..].IndexOf((byte)'\n');
            if (length >= 0)
            {
                length += searched;
                LineNumber++;
                _taken = length + 1;
                line = length > 0 && window[length - 1] == '\r' ? window[..(length - 1)] : window[..length];
                return true;
            }

            searched = window.Length;
            if (_input.Fill(LineLimit))
                continue;
            LineNumber++;
            if (searched >= LineLimit)
                throw Fail(LineLimit, $"a line end within {LineLimit >> 20} MiB");
            line = _input.Window;
            _taken = line.Length;
            LastLineIsOpen = true;
            return line.Length > 0;
        }
    }

    /// <summary>
    /// What is at hand after the current line, up to <paramref name="length"/> bytes, whole lines only. The current line's span is not valid afterwards.
    /// </summary>
    public ReadOnlySpan<byte> LookAhead(int length)
    {
        _input.Take(_taken);
        _taken = 0;
        if (!_input.Require(length))
            return _input.Window;
        ReadOnlySpan<byte> window = _input.Window[..length];
        return window[..(window.LastIndexOf((byte)'\n') + 1)];
    }

    /// <summary>A fault in the line last returned.</summary>
    /// <param name="position">The byte in the line, from 0.</param>
    /// <param name="expected">What was expected there.</param>
    public RecordingException Fail(int position, string expected) =>
        new(_input.File, LineNumber, position + 1, LastLineIsOpen ? $"expected {expected}; the file is cut here" : $"expected {expected}");

    /// <summary>A fault of the whole file.</summary>
    public RecordingException Fail(string reason) => new(_input.File, reason);

    public void Dispose() => _input.Dispose();
}
