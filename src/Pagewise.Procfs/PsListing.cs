using System.Globalization;
using Pagewise.Kernel.Oom;

namespace Pagewise.Procfs;

/// <summary>
/// Processes as <c>ps aux</c> lists them, which is what sosreport saves: resident sizes and names. Swap, page tables and
/// oom_score_adj are not in it and count as 0.
/// </summary>
public static class PsListing
{
    private const int PidColumn = 1;
    private const int RssColumn = 5;
    private const int CommandColumn = 10;
    private const int CommLength = 15;

    /// <summary>Reads the listing; lines that are no process (the heading, threads of <c>ps m</c>) are passed over.</summary>
    public static IReadOnlyList<HostProcess> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var processes = new List<HostProcess>();
        var seen = new HashSet<int>();
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split(' ', CommandColumn + 1, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length <= CommandColumn || !int.TryParse(words[PidColumn], NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid <= 0
                || !long.TryParse(words[RssColumn], NumberStyles.None, CultureInfo.InvariantCulture, out long rssKib) || rssKib > 1L << 44 || !seen.Add(pid))
                continue;
            string program = words[CommandColumn].Split(' ')[0];
            bool isKernelThread = program.StartsWith('[') && rssKib == 0;
            string comm = program.TrimEnd(':')[(program.TrimEnd(':').LastIndexOf('/') + 1)..];
            var candidate = new OomCandidate(pid, comm.Length > CommLength ? comm[..CommLength] : comm, rssKib >> 2, 0, 0, 0)
            {
                Exempt = pid == 1 ? "init" : isKernelThread ? "no memory of its own" : null,
                IsRoot = words[0] == "root",
            };
            processes.Add(new HostProcess(candidate, null, rssKib, null));
        }

        processes.Sort((left, right) => left.Candidate.Pid.CompareTo(right.Candidate.Pid));
        return processes;
    }
}
