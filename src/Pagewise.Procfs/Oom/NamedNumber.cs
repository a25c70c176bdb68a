using System.Globalization;

namespace Pagewise.Procfs.Oom;

/// <summary>Numbers that a line names, as in "anon-rss:6408kB".</summary>
internal static class NamedNumber
{
    /// <summary>The number after the first place where a name stands; null without one, or where it is beyond any machine.</summary>
    public static long? After(ReadOnlySpan<char> text, string name)
    {
        int at = text.IndexOf(name);
        if (at < 0)
            return null;
        ReadOnlySpan<char> number = text[(at + name.Length)..].TrimStart(' ');
        int end = number.StartsWith('-') ? 1 : 0;
        while (end < number.Length && char.IsAsciiDigit(number[end]))
            end++;
        return long.TryParse(number[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && Math.Abs(value) < 1L << 60 ? value : null;
    }
}
