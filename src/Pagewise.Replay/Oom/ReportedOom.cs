using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.Oom;
using Pagewise.Procfs.Oom;

namespace Pagewise.Replay.Oom;

/// <summary>The choice that a report is about, made again from its task table.</summary>
/// <param name="Control">What was short, and among whom.</param>
/// <param name="MemoryPages">What of the total is memory; the rest is swap.</param>
/// <param name="Notes">What the report does not say, a sentence each.</param>
public sealed record ReportedOom(OomControl Control, long MemoryPages, IReadOnlyList<string> Notes)
{
    /// <summary>The release that is assumed where a report names none.</summary>
    public static KernelVersion AssumedKernel { get; } = new(6, 1);

    /// <summary>Makes the choice of a report ready to be made again.</summary>
    public static ReportedOom Of(OomReport report)
    {
        var notes = new List<string>();
        if (report.Release is null || !KernelVersion.TryParse(report.Release, out KernelVersion kernel))
        {
            kernel = AssumedKernel;
            if (report.Tasks.Count > 0)
                notes.Add($"the report does not name its kernel: points as Linux {kernel} counts them");
        }

        (long memoryPages, long swapPages) = report.IsMemcg ? Limit(report, notes) : ShortNodes(report) is { } nodes ? Nodes(report, nodes, notes) : Machine(report, notes);
        return new ReportedOom(new OomControl(new OomBadness(kernel), memoryPages + swapPages, report.IsMixed ? [] : Candidates(report)), memoryPages, notes);
    }

    /// <summary>
    /// The nodes that were short where a cpuset or a memory policy left others out (constrained_alloc); null: the machine was, or
    /// the report does not say (before Linux 5.0). Its table has only processes that may use them (oom_cpuset_eligible).
    /// </summary>
    public static string? ShortNodes(OomReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report.Decision switch
        {
            { Constraint: "CONSTRAINT_CPUSET" } cpuset => cpuset.MemsAllowed,
            { Constraint: "CONSTRAINT_MEMORY_POLICY" } policy => policy.NodeMask,
            _ => null,
        };
    }

    /// <summary>The victim by the rules: the allocating task where those say so, else by points.</summary>
    public OomCandidate? Victim(OomReport report) => report.KilledAllocatingTask
        ? Control.Candidates.FirstOrDefault(one => one.Pid == report.InvokerPid)
        : Control.Victim();

    private static (long MemoryPages, long SwapPages) Limit(OomReport report, List<string> notes)
    {
        long memory = (report.Limits.Find(limit => limit.Name == "memory")?.LimitKib ?? 0) >> 2;
        OomLimit? swap = report.Limits.Find(limit => limit.Name == "swap");
        if (swap is { LimitKib: < OomLimit.Unlimited })
            return (memory, swap.LimitKib >> 2);
        if (swap is { UsageKib: > 0 })
            notes.Add("the machine's swap, which counts where the cgroup has no limit of its own, is not in the report: oom_score_adj may weigh more than shown");
        return (memory, (report.TotalSwapKib ?? 0) >> 2);
    }

    /// <summary>What the nodes have (node_present_pages), from the zones that the report shows.</summary>
    private static (long MemoryPages, long SwapPages) Nodes(OomReport report, string nodes, List<string> notes)
    {
        long present = 0;
        int shown = 0;
        foreach (OomZone zone in report.Zones)
        {
            if (!IsIn(zone.Node, nodes))
                continue;
            shown++;
            present += (zone.PresentKib ?? 0) >> 2;
        }

        if (shown == 0 || present == 0)
            notes.Add($"the report does not show the zones of node {nodes}: what oom_score_adj weighed is not known");
        return (present, (report.TotalSwapKib ?? 0) >> 2);
    }

    /// <summary>Whether a list such as "0", "0-1" or "0,2" has a node.</summary>
    private static bool IsIn(int node, string list)
    {
        foreach (string range in list.Split(','))
        {
            string[] ends = range.Split('-');
            if (int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first) && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                && node >= first && node <= last)
                return true;
        }

        return false;
    }

    private static (long MemoryPages, long SwapPages) Machine(OomReport report, List<string> notes)
    {
        if (report.RamPages is null && report.Tasks.Count > 0)
            notes.Add("the report does not say how much memory there was: what oom_score_adj weighed is not known");
        return ((report.RamPages ?? 0) - (report.ReservedPages ?? 0), (report.TotalSwapKib ?? 0) >> 2);
    }

    private static List<OomCandidate> Candidates(OomReport report)
    {
        var candidates = new List<OomCandidate>(report.Tasks.Count);
        foreach (OomTask task in report.Tasks)
        {
            long tables = report.Table!.CountsPageTableBytes ? task.PageTables[0] >> 12 : task.PageTables.Sum();
            candidates.Add(new OomCandidate(task.Pid, task.Comm, task.Rss, task.Swapents, tables, task.OomScoreAdj) { IsRoot = task.Uid == 0 });
        }

        return candidates;
    }
}
