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
        string? caller = null;
        ReadOnlySpan<char> rest = AfterSyslog(line.AsSpan().TrimEnd('\r'));
        // A hypervisor's or console server's own prefix ends where the kernel's level begins.
        int level = LevelAt(rest);
        if (level >= 0)
        {
            rest = rest[(level + 3)..];
        }
        else if (KmsgEnd(rest) is var kmsg and > 0)
        {
            caller = CallerOf(rest[..(kmsg - 1)]);
            rest = rest[kmsg..];
        }

        // dmesg -x: "kern  :warn  : [   20.143600] …".
        if (rest.StartsWith("kern ") && rest.IndexOf(": ") is var decoded and > 0 and < 20)
            rest = rest[(decoded + 2)..];
        rest = Stamp(rest, out bool stamped);
        // journalctl -o short-monotonic: "[   20.143600] host kernel: …".
        if (stamped && rest.IndexOf(Kernel, StringComparison.Ordinal) is var host and > 1 && !rest[1..host].Contains(' '))
            rest = rest[(host + Kernel.Length - 1)..];
        // The kernel writes "][ T140] ", dmesg of util-linux "] [ T140] ".
        ReadOnlySpan<char> bracket = stamped ? rest.TrimStart(' ') : default;
        if (bracket.StartsWith('[') && bracket.IndexOf(']') is var close and > 0 && IsCaller(bracket[1..close].Trim()))
        {
            caller = bracket[1..close].Trim().ToString();
            rest = bracket[(close + 1)..];
        }

        if (stamped && rest.StartsWith(' '))
            rest = rest[1..];
        return new KernelLogLine(rest.ToString(), caller);
    }

    /// <summary>
    /// Takes off what syslog and journald put before a message: "Nov 22 06:26:05 host kernel: …", with RFC 3164's priority
    /// before it, or RFC 5424's "&lt;4&gt;1 2025-12-08T17:51:31Z host kernel - - - …". A report has no such words before a bracket of its own.
    /// </summary>
    private static ReadOnlySpan<char> AfterSyslog(ReadOnlySpan<char> line)
    {
        ReadOnlySpan<char> rest = line;
        if (rest.StartsWith('<') && rest.IndexOf('>') is var priority and >= 2 and <= 4 && IsDigits(rest[1..priority]))
            rest = rest[(priority + 1)..];
        if (rest.StartsWith("1 "))
            rest = rest[2..];
        if (!IsDate(rest))
            return line;
        int kernel = rest.IndexOf(Kernel, StringComparison.Ordinal);
        if (kernel > 0)
            return rest[(kernel + Kernel.Length)..];
        const string fields = " kernel - - ";
        int structured = rest.IndexOf(fields, StringComparison.Ordinal);
        if (structured < 0)
            return line;
        rest = rest[(structured + fields.Length)..];
        // Structured data is "-", or elements in brackets: none stands before a message's own bracket without a blank.
        int end = rest.StartsWith('-') ? 1 : rest.IndexOf("] ") + 1;
        rest = rest[end..];
        rest = rest.StartsWith(' ') ? rest[1..] : rest;
        return rest.StartsWith('\uFEFF') ? rest[1..] : rest;
    }

    /// <summary>
    /// dmesg's own stamps: "[   20.143600]", -T "[Mon Dec  8 17:51:31 2025]", -d "[   20.143600 &lt;    0.000012&gt;]", -e "[Dec 8 17:51]" and
    /// "[  +0.000012]", --time-format=iso "2025-12-08T17:51:31,270121+00:00". The number in "[  133]" of a task table is none.
    /// </summary>
    private static ReadOnlySpan<char> Stamp(ReadOnlySpan<char> text, out bool found)
    {
        found = false;
        if (text.Length > 33 && char.IsAsciiDigit(text[0]) && text[10] == 'T' && text[19] == ',' && text.IndexOf(' ') is var iso and >= 26 and <= 34)
        {
            found = true;
            return text[iso..];
        }

        int close = text.StartsWith('[') ? text.IndexOf(']') : -1;
        if (close < 0)
            return text;
        ReadOnlySpan<char> inside = text[1..close].Trim();
        int delta = inside.IndexOf('<');
        if (delta >= 0 && inside.EndsWith('>') && IsSeconds(inside[(delta + 1)..^1].Trim()))
        {
            inside = inside[..delta].Trim();
            found = inside.IsEmpty;
        }

        found |= IsSeconds(inside.TrimStart('+'))
            || (inside.Length is >= 11 and <= 40 && inside.IndexOf(':') > 0 && char.IsAsciiLetter(inside[0]) && inside[3] == ' ');
        return found ? text[(close + 1)..] : text;
    }

    private static bool IsSeconds(ReadOnlySpan<char> text) =>
        text.IndexOf('.') is var point and > 0 && IsDigits(text[..point]) && IsDigits(text[(point + 1)..]);

    private static bool IsCaller(ReadOnlySpan<char> text) => text.Length > 1 && text[0] is 'T' or 'C' && IsDigits(text[1..]);

    /// <summary>What a record of /dev/kmsg says after "caller=".</summary>
    private static string? CallerOf(ReadOnlySpan<char> head)
    {
        const string name = ",caller=";
        int at = head.IndexOf(name);
        if (at < 0)
            return null;
        ReadOnlySpan<char> caller = head[(at + name.Length)..];
        int end = caller.IndexOf(',');
        caller = end < 0 ? caller : caller[..end];
        return IsCaller(caller) ? caller.ToString() : null;
    }

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

    /// <summary>"Dec  8 17:51:31 …", "2025-12-08T17:51:31…", journalctl's short-full "Mon 2025-12-08 17:51:31 …" and short-unix "1765216291.270121 …".</summary>
    private static bool IsDate(ReadOnlySpan<char> text)
    {
        if (text.Length > 4 && char.IsAsciiLetter(text[0]) && text[3] == ' ' && char.IsAsciiDigit(text[4]) && text.Length > 8 && text[8] == '-')
            text = text[4..];
        return text.Length > 15 && (char.IsAsciiLetter(text[0])
            ? text[3] == ' ' && text[9] == ':'
            : char.IsAsciiDigit(text[0]) && ((text[4] == '-' && text[10] is 'T' or ' ') || (text.IndexOf(' ') is var end and > 10 && IsSeconds(text[..end]))));
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
