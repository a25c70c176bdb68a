namespace Pagewise.Procfs.Oom;

/// <summary>
/// One line of a kernel log without what the ways to read one put before it: <c>dmesg</c>, <c>dmesg -r</c>, <c>-T</c> and <c>-x</c>,
/// /dev/kmsg, journald and syslog, a serial console. A line without a prefix is taken as it is.
/// </summary>
/// <param name="Message">What the kernel printed.</param>
/// <param name="Caller">The task or CPU that printed it, such as "T140", where the kernel says so (CONFIG_PRINTK_CALLER); else null.</param>
public readonly record struct KernelLogLine(string Message, string? Caller)
{
    private const string Kernel = " kernel: ";

    /// <summary>Takes a line apart.</summary>
    public static KernelLogLine Parse(string line)
    {
        ReadOnlySpan<char> rest = line.AsSpan().TrimEnd('\r');
        // syslog and journald: "Nov 22 06:26:05 host kernel: …". A report has no such words before a bracket of its own.
        int kernel = rest.IndexOf(Kernel, StringComparison.Ordinal);
        if (kernel > 0 && IsDate(rest))
            rest = rest[(kernel + Kernel.Length)..];
        // A hypervisor's or console server's own prefix ends where the kernel's level begins.
        int level = LevelAt(rest);
        if (level >= 0)
            rest = rest[(level + 3)..];
        else if (KmsgEnd(rest) is var kmsg and > 0)
            rest = rest[kmsg..];
        if (rest.StartsWith("kern ") && rest.IndexOf(": [") is var decoded and > 0 and < 20)
            rest = rest[(decoded + 2)..];
        rest = Stamp(rest, out bool stamped);
        // journalctl -o short-monotonic: "[   20.143600] host kernel: …".
        if (stamped && rest.IndexOf(Kernel, StringComparison.Ordinal) is var host and > 1 && !rest[1..host].Contains(' '))
            rest = rest[(host + Kernel.Length - 1)..];
        string? caller = null;
        if (stamped && rest.StartsWith('[') && rest.IndexOf(']') is var close and > 0 && IsCaller(rest[1..close].Trim()))
        {
            caller = rest[1..close].Trim().ToString();
            rest = rest[(close + 1)..];
        }

        if (stamped && rest.StartsWith(' '))
            rest = rest[1..];
        return new KernelLogLine(rest.ToString(), caller);
    }

    /// <summary>"[   20.143600]" or "[Mon Dec  8 17:51:31 2025]"; the number in "[  133]" of a task table is neither.</summary>
    private static ReadOnlySpan<char> Stamp(ReadOnlySpan<char> text, out bool found)
    {
        found = false;
        int close = text.StartsWith('[') ? text.IndexOf(']') : -1;
        if (close < 0)
            return text;
        ReadOnlySpan<char> inside = text[1..close].Trim();
        int point = inside.IndexOf('.');
        bool isSeconds = point > 0 && IsDigits(inside[..point]) && IsDigits(inside[(point + 1)..]);
        bool isDate = inside.Length is >= 20 and <= 40 && inside.IndexOf(':') > 0 && char.IsAsciiLetter(inside[0]);
        if (!isSeconds && !isDate)
            return text;
        found = true;
        return text[(close + 1)..];
    }

    private static bool IsCaller(ReadOnlySpan<char> text) => text.Length > 1 && text[0] is 'T' or 'C' && IsDigits(text[1..]);

    /// <summary>Where "&lt;4&gt;[" stands, at the start or after a console server's prefix; −1 when nowhere.</summary>
    private static int LevelAt(ReadOnlySpan<char> text)
    {
        for (int i = 0; i + 2 < text.Length && i < 120; i++)
        {
            if (text[i] == '<' && char.IsAsciiDigit(text[i + 1]) && text[i + 2] == '>' && (i == 0 || (i + 3 < text.Length && text[i + 3] == '[')))
                return i;
        }

        return -1;
    }

    /// <summary>"4,1234,20143600,-;": the head of a record of /dev/kmsg.</summary>
    private static int KmsgEnd(ReadOnlySpan<char> text)
    {
        int end = text.IndexOf(';');
        if (end is < 5 or > 60)
            return 0;
        int fields = 0;
        foreach (Range field in text[..end].Split(','))
        {
            if (++fields <= 3 && !IsDigits(text[..end][field]))
                return 0;
        }

        return fields >= 4 ? end + 1 : 0;
    }

    private static bool IsDate(ReadOnlySpan<char> text) =>
        text.Length > 15 && ((char.IsAsciiLetter(text[0]) && text[3] == ' ' && text[9] == ':') || (char.IsAsciiDigit(text[0]) && text[4] == '-' && text[10] is 'T' or ' '));

    private static bool IsDigits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
