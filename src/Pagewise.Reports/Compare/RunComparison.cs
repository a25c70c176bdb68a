using System.Globalization;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Compare;

/// <summary>Two runs side by side: what was different about them, and what came of it, the greatest differences first.</summary>
public sealed record RunComparison
{
    /// <summary>The schema's name and version.</summary>
    public const string SchemaName = "pagewise.compare/1";

    private const long PageBytes = 4096;

    /// <summary>The schema of this document.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>The first file.</summary>
    public required string A { get; init; }

    /// <summary>The second file.</summary>
    public required string B { get; init; }

    /// <summary>Facts about how they were run that differ: recording, settings, sysctls, versions.</summary>
    public required IReadOnlyList<ComparedFact> Facts { get; init; }

    /// <summary>Figures that differ, the most relevant first.</summary>
    public required IReadOnlyList<ComparedFigure> Differences { get; init; }

    /// <summary>Figures that are equal and not zero, by name.</summary>
    public required IReadOnlyList<ComparedFigure> Equal { get; init; }

    /// <summary>Compares two runs.</summary>
    /// <param name="nameA">The first file.</param>
    /// <param name="a">The first run.</param>
    /// <param name="nameB">The second file.</param>
    /// <param name="b">The second run.</param>
    public static RunComparison Of(string nameA, RunFile a, string nameB, RunFile b)
    {
        SortedDictionary<string, (string Unit, long Value)> ofA = FiguresOf(a), ofB = FiguresOf(b);
        var figures = new List<ComparedFigure>();
        foreach (string name in ofA.Keys.Union(ofB.Keys).Order(StringComparer.Ordinal))
        {
            (string Unit, long Value)? left = ofA.TryGetValue(name, out (string Unit, long Value) one) ? one : null;
            (string Unit, long Value)? right = ofB.TryGetValue(name, out (string Unit, long Value) other) ? other : null;
            figures.Add(ComparedFigure.Of(name, (left ?? right)!.Value.Unit, left?.Value, right?.Value));
        }

        return new RunComparison
        {
            A = nameA,
            B = nameB,
            Facts = FactsOf(a, b),
            Differences = [.. figures.Where(figure => figure.Difference != 0).OrderByDescending(figure => figure.Weight).ThenBy(figure => figure.Name, StringComparer.Ordinal)],
            Equal = [.. figures.Where(figure => figure.Difference == 0 && figure.A is not null and not 0)],
        };
    }

    private static List<ComparedFact> FactsOf(RunFile a, RunFile b)
    {
        var facts = new List<ComparedFact>();
        foreach (string key in (string[])["recording", "recording_sha256", "touch", "seed", "settings", "kernel", "cpus", "pagewise_version"])
            Add(key, a.Meta.GetValueOrDefault(key) ?? "", b.Meta.GetValueOrDefault(key) ?? "");
        Dictionary<string, string> sysctlsA = SysctlsOf(a), sysctlsB = SysctlsOf(b);
        foreach (string key in sysctlsA.Keys.Union(sysctlsB.Keys).Order(StringComparer.Ordinal))
            Add(key, sysctlsA.GetValueOrDefault(key) ?? "", sysctlsB.GetValueOrDefault(key) ?? "");
        foreach (RunWatermark zone in a.Watermarks)
        {
            if (b.Watermarks.FirstOrDefault(other => other.Node == zone.Node && other.Zone == zone.Zone) is { } other)
                Add($"node {zone.Node} zone {zone.Zone} min/low/high", $"{zone.Min}/{zone.Low}/{zone.High}", $"{other.Min}/{other.Low}/{other.High}");
        }

        return facts;

        void Add(string name, string left, string right)
        {
            if (left != right)
                facts.Add(new ComparedFact(name, left, right));
        }
    }

    private static Dictionary<string, string> SysctlsOf(RunFile run)
    {
        var sysctls = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in (run.Documents.GetValueOrDefault("sysctl") ?? "").Split('\n'))
        {
            int at = line.IndexOf(" = ", StringComparison.Ordinal);
            if (at > 0)
                sysctls[line[..at]] = line[(at + 3)..];
        }

        return sysctls;
    }

    private static SortedDictionary<string, (string Unit, long Value)> FiguresOf(RunFile run)
    {
        var figures = new SortedDictionary<string, (string Unit, long Value)>(StringComparer.Ordinal)
        {
            ["virtual time"] = ("ns", Number(run, "end_ns")),
            ["events"] = ("count", Number(run, "events")),
            ["accesses"] = ("count", Number(run, "accesses")),
            ["processes"] = ("count", run.Processes.Count),
            ["kills"] = ("count", run.Kills.Count),
        };
        foreach (IGrouping<string, RunFaultSite> kind in run.FaultSites.GroupBy(site => site.Kind, StringComparer.Ordinal))
            figures["faults: " + kind.Key] = ("count", kind.Sum(site => site.Count));
        if (run.Samples.Count == 0)
            return figures;
        RunSample last = run.Samples[^1];
        figures["least free memory"] = ("bytes", run.Samples.Min(sample => sample.Memory.Free) * PageBytes);
        figures["most swap used"] = ("bytes", run.Samples.Max(sample => sample.Memory.SwapUsed) * PageBytes);
        figures["most resident, all processes"] = ("bytes", run.Samples.Max(sample => sample.Processes.Sum(process => process.RssPages)) * PageBytes);
        figures["time stalled for memory, some"] = ("ns", last.Reclaim.MemorySomeNs);
        figures["time stalled for memory, full"] = ("ns", last.Reclaim.MemoryFullNs);
        figures["time waiting for devices, some"] = ("ns", last.Reclaim.IoSomeNs);
        figures["refaults"] = ("count", last.Memory.Refaults);
        figures["direct reclaims (allocstall)"] = ("count", last.Reclaim.AllocStalls);
        foreach (RunVmstat counter in last.Vmstat)
            figures["vmstat " + counter.Name] = ("count", counter.Value);
        return figures;
    }

    private static long Number(RunFile run, string key) =>
        long.TryParse(run.Meta.GetValueOrDefault(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : 0;
}
