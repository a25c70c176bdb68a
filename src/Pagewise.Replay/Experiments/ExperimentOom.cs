using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;

namespace Pagewise.Replay.Experiments;

/// <summary>What the replay of an experiment killed, in the words of expect.tsv: reports, victims, zones at each report, scores at each snapshot.</summary>
internal sealed class ExperimentOom
{
    private readonly List<Report> _reports = [];
    private readonly Dictionary<(string Tag, string Comm), int> _scores = [];

    /// <summary>Notes a report while the machine stands as it did.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="dump">The report.</param>
    /// <param name="touches">What the processes touched so far.</param>
    public void Add(Machine machine, OomDump dump, IEnumerable<ExperimentTouch> touches)
    {
        var free = new Dictionary<string, long>(StringComparer.Ordinal);
        for (int zone = 0; zone < machine.Zones.ZoneCount; zone++)
            free[$"n{machine.Zones[zone].Node}.{machine.Zones[zone].Type.Name()}"] = machine.Zones[zone].FreePages;
        (ulong start, ulong end) = dump.Invoker == 0 ? default : LargestArea(machine, dump.Invoker);
        int tid = machine.Tasks.Tasks[dump.Invoker].Pid;
        long touched = touches.LongCount(touch => touch.Tid == tid && touch.Kind == AccessKind.Write && touch.Address >= start && touch.Address < end);
        _reports.Add(new Report(dump.Victim == 0 ? "" : machine.Tasks.CommOf(dump.Victim), touched, free)
        {
            Memcg = dump.Memcg == 0 ? "" : machine.Memcgs.PathOf(dump.Memcg),
            UsagePages = machine.Memcgs[dump.Memcg].Memory.Usage,
            AnonPages = machine.Memcgs.Stat(dump.Memcg, MemcgStat.Anon),
        });
    }

    /// <summary>Notes the oom_score of every process at a snapshot.</summary>
    public void TakeScores(Machine machine, string tag)
    {
        for (int task = 1; task < machine.Tasks.Tasks.HighWater; task++)
        {
            if (machine.Tasks.Tasks[task].GroupLeader == task && !machine.Tasks.Tasks[task].HasExited)
                _scores[(tag, machine.Tasks.CommOf(task))] = OomScore.Of(machine, in machine.Tasks.Tasks[task]).Value;
        }
    }

    /// <summary>The value of a metric; null when it is another kind, or there was no such report.</summary>
    public string? Value(Expectation expectation)
    {
        string[] parts = expectation.Metric.Split('.');
        switch (parts)
        {
            case ["victim", var number]:
                return ReportOf(number) is { } report ? report.Victim : "";
            case ["reports"]:
                return Text(_reports.Count);
            case ["oom_score", var comm]:
                return _scores.TryGetValue((expectation.At, comm), out int score) ? Text(score) : null;
            case ["oom_memcg"]:
                return OfReport(expectation.At)?.Memcg;
            case ["usage_kB"]:
                return OfReport(expectation.At) is { } full ? Text(full.UsagePages * 4) : null;
            case ["anon_bytes"]:
                return OfReport(expectation.At) is { } anonymous ? Text(anonymous.AnonPages * 4096) : null;
            case ["hog_pages" or "fault_page"]:
                return OfReport(expectation.At) is { } at ? Text(at.Touched) : null;
            case ["zone", var node, var type, "free"]:
                return OfReport(expectation.At) is { } of && of.FreePages.TryGetValue($"{node}.{type}", out long free) ? Text(free) : null;
            default:
                return null;
        }
    }

    private Report? OfReport(string at)
    {
        const string report = "report";
        if (!at.StartsWith(report, StringComparison.Ordinal))
            return null;
        // A report that never came has no pages, which is a difference and nothing passed over.
        return ReportOf(at[report.Length..]) ?? new Report("", -1, new Dictionary<string, long>(StringComparer.Ordinal));
    }

    private Report? ReportOf(string number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index >= 1 && index <= _reports.Count ? _reports[index - 1] : null;

    /// <summary>The area that the recorder calls the hog's: the largest one of the process.</summary>
    private static (ulong Start, ulong End) LargestArea(Machine machine, int task)
    {
        (ulong Start, ulong End) largest = default;
        for (int vma = machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            if (area.End - area.Start > largest.End - largest.Start)
                largest = (area.Start, area.End);
        }

        return largest;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>One call of the OOM killer.</summary>
    /// <param name="Victim">The chosen process's name.</param>
    /// <param name="Touched">Pages of its largest area that the asking process had written.</param>
    /// <param name="FreePages">Free pages by zone, such as "n0.DMA".</param>
    private sealed record Report(string Victim, long Touched, IReadOnlyDictionary<string, long> FreePages)
    {
        /// <summary>The cgroup at its limit; empty: the machine was short.</summary>
        public string Memcg { get; init; } = "";

        /// <summary>What that cgroup used.</summary>
        public long UsagePages { get; init; }

        /// <summary>Its anonymous pages.</summary>
        public long AnonPages { get; init; }
    }
}
