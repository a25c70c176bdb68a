namespace Pagewise.Workloads;

/// <summary>A call of which <c>&lt;unfinished ...&gt;</c> was read: its text until the resumed line brings the rest.</summary>
internal sealed class PendingCall
{
    private byte[] _text = [];

    /// <summary>The unfinished line's number.</summary>
    public long Line { get; private set; }

    /// <summary>The text from the name on, without the mark.</summary>
    public ReadOnlySpan<byte> Text => _text.AsSpan(0, Length);

    /// <summary>The text's length in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the call makes a task.</summary>
    public bool Forks { get; private set; }

    /// <summary>Whether the call was placed already, before its child's first line.</summary>
    public bool Placed { get; set; }

    /// <summary>Starts over with an unfinished line.</summary>
    public void Set(ReadOnlySpan<byte> text, long line, bool forks)
    {
        if (text.Length > _text.Length)
            _text = new byte[Math.Max(256, text.Length)];
        text.CopyTo(_text);
        Length = text.Length;
        Line = line;
        Forks = forks;
        Placed = false;
    }

    /// <summary>The call's name.</summary>
    public ReadOnlySpan<byte> Name => Text[..Math.Max(0, Text.IndexOf((byte)'('))];
}
