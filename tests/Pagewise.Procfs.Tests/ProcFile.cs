namespace Pagewise.Procfs.Tests;

/// <summary>Every file of /proc that is read and written, by its name.</summary>
/// <param name="Name">The name under /proc; those of a process begin with "self/".</param>
/// <param name="Again">Reads the text and writes it back.</param>
internal sealed record ProcFile(string Name, Func<string, string> Again)
{
    public static IReadOnlyList<ProcFile> All { get; } =
    [
        new("meminfo", text => Meminfo.Parse(text).ToString()),
        new("vmstat", text => Vmstat.Parse(text).ToString()),
        new("zoneinfo", text => Zoneinfo.Parse(text).ToString()),
        new("buddyinfo", text => Buddyinfo.Parse(text).ToString()),
        new("pagetypeinfo", text => Pagetypeinfo.Parse(text).ToString()),
        new("slabinfo", text => Slabinfo.Parse(text).ToString()),
        new("swaps", text => Swaps.Parse(text).ToString()),
        new("stat", text => ProcStat.Parse(text).ToString()),
        new("uptime", text => Uptime.Parse(text).ToString()),
        new(PressureFile.MemoryName, text => PressureFile.Parse("memory", text).ToString()),
        new(PressureFile.IoName, text => PressureFile.Parse("io", text).ToString()),
        new("self/maps", text => MapsFile.Parse(text).ToString()),
        new("self/smaps", text => Smaps.Parse(text).ToString()),
        new("self/smaps_rollup", text => SmapsRollup.Parse(text).ToString()),
        new("self/status", text => StatusFile.Parse(text).ToString()),
        new("self/stat", text => TaskStat.Parse(text).ToString()),
        new("self/statm", text => Statm.Parse(text).ToString()),
        new("self/oom_score", text => OomScore.Parse(text).ToString()),
        new("self/oom_score_adj", text => OomScoreAdj.Parse(text).ToString()),
        new("self/limits", text => LimitsFile.Parse(text).ToString()),
        new("self/cmdline", text => Cmdline.Parse(text).ToString()),
        new("self/comm", text => Comm.Parse(text).ToString()),
    ];

    /// <summary>The name without folders.</summary>
    public string FileName => Path.GetFileName(Name);

    public static ProcFile Of(string name) => All.Single(file => file.Name == name);
}
