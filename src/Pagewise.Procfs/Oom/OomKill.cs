using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Pagewise.Procfs.Oom;

/// <summary>A killed process (__oom_kill_process, mm/oom_kill.c): sizes in KiB when it was killed.</summary>
/// <param name="Reason">What stands before "Killed process", such as "Out of memory"; empty before Linux 5.1, where another line said it.</param>
/// <param name="Pid">The process.</param>
/// <param name="Comm">Its name.</param>
/// <param name="TotalVmKib">Virtual size.</param>
/// <param name="AnonRssKib">Anonymous resident memory.</param>
/// <param name="FileRssKib">Resident file pages.</param>
/// <param name="ShmemRssKib">Resident shared memory; null before Linux 4.5.</param>
/// <param name="Uid">Its user; null before Linux 5.4, as the next two.</param>
/// <param name="PgtablesKib">Page tables.</param>
/// <param name="OomScoreAdj">oom_score_adj.</param>
public sealed record OomKill(
    string Reason, int Pid, string Comm, long TotalVmKib, long AnonRssKib, long FileRssKib, long? ShmemRssKib, long? Uid, long? PgtablesKib, int? OomScoreAdj)
{
    private const string Killed = "illed process ";

    /// <summary>Reads the line.</summary>
    public static bool TryParse(string message, [NotNullWhen(true)] out OomKill? kill)
    {
        kill = null;
        int at = message.IndexOf(Killed, StringComparison.Ordinal);
        if (at < 1 || message[at - 1] is not 'K')
            return false;
        ReadOnlySpan<char> rest = message.AsSpan(at + Killed.Length);
        int space = rest.IndexOf(' ');
        int sizes = rest.LastIndexOf("total-vm:");
        if (space < 1 || sizes < 0 || !int.TryParse(rest[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            return false;
        int open = rest.IndexOf('(');
        int close = rest[..sizes].LastIndexOf(')');
        if (open < 0 || close < open)
            return false;
        ReadOnlySpan<char> figures = rest[sizes..];
        if (NamedNumber.After(figures, "total-vm:") is not { } totalVm || NamedNumber.After(figures, "anon-rss:") is not { } anon || NamedNumber.After(figures, "file-rss:") is not { } file)
            return false;
        string reason = message[..(at - 1)].TrimEnd(' ').TrimEnd(':');
        kill = new OomKill(
            reason, pid, rest[(open + 1)..close].ToString(), totalVm, anon, file, NamedNumber.After(figures, "shmem-rss:"), NamedNumber.After(figures, "UID:"),
            NamedNumber.After(figures, "pgtables:"), (int?)NamedNumber.After(figures, "oom_score_adj:"));
        return true;
    }

    /// <summary>The line as Linux 5.4 and later print it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Reason}: Killed process {Pid} ({Comm}) total-vm:{TotalVmKib}kB, anon-rss:{AnonRssKib}kB, file-rss:{FileRssKib}kB, shmem-rss:{ShmemRssKib ?? 0}kB, UID:{Uid ?? 0} pgtables:{PgtablesKib ?? 0}kB oom_score_adj:{OomScoreAdj ?? 0}");
}
