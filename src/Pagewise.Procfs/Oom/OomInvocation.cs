using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Pagewise.Procfs.Oom;

/// <summary>The first line of a report (dump_header, mm/oom_kill.c): whose allocation found no memory.</summary>
/// <param name="Comm">The allocating task's name.</param>
/// <param name="GfpMask">The allocation's flags as a number.</param>
/// <param name="GfpNames">The flags by name; empty before Linux 4.6.</param>
/// <param name="NodeMask">The nodes asked for, such as "(null)"; null where the line does not say (before 4.8 and from 4.19).</param>
/// <param name="Order">The block wanted; −1 when a person asked for the kill (SysRq F).</param>
/// <param name="OomScoreAdj">The allocating task's oom_score_adj.</param>
public sealed record OomInvocation(string Comm, ulong GfpMask, string GfpNames, string? NodeMask, int Order, int OomScoreAdj)
{
    private const string Invoked = " invoked oom-killer: gfp_mask=0x";

    /// <summary>Reads the line.</summary>
    public static bool TryParse(string message, [NotNullWhen(true)] out OomInvocation? invocation)
    {
        invocation = null;
        int at = message.IndexOf(Invoked, StringComparison.Ordinal);
        if (at < 1)
            return false;
        ReadOnlySpan<char> rest = message.AsSpan(at + Invoked.Length);
        int digits = 0;
        while (digits < rest.Length && char.IsAsciiHexDigit(rest[digits]))
            digits++;
        if (digits == 0 || !ulong.TryParse(rest[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong mask))
            return false;
        string names = "";
        if (rest[digits..].StartsWith('(') && rest.IndexOf(')') is var close and > 0)
            names = rest[(digits + 1)..close].ToString();
        if (NamedNumber.After(rest, "order=") is not ({ } order and >= -1 and <= 64) || NamedNumber.After(rest, "oom_score_adj=") is not ({ } adj and >= -1000 and <= 1000))
            return false;
        int node = rest.IndexOf("nodemask=");
        string? nodeMask = null;
        if (node >= 0)
        {
            ReadOnlySpan<char> mask0 = rest[(node + 9)..];
            int end = mask0.IndexOf(", ");
            nodeMask = (end < 0 ? mask0 : mask0[..end]).Trim().ToString();
        }

        invocation = new OomInvocation(message[..at], mask, names, nodeMask, (int)order, (int)adj);
        return true;
    }

    /// <summary>The line as Linux 4.19 and later print it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Comm}{Invoked}{GfpMask:x}({GfpNames}), order={Order}, oom_score_adj={OomScoreAdj}");
}
