using Pagewise.Procfs;

namespace Pagewise.Replay.Recorded;

/// <summary>
/// A copy of a process's /proc files that the recorder took while the process was held: after an execve, before an
/// exit_group, or whenever a fuzzer asked.
/// </summary>
public sealed class ProcessCopy
{
    /// <summary>The process as the recording numbers it, 0 where it does not.</summary>
    public int Pid { get; init; }

    /// <summary>"exec", "exit", or what a fuzzer's "# maps" line says.</summary>
    public string Occasion { get; set; } = "";

    /// <summary>Fields of /proc/PID/stat (<c>#S</c>), with their line.</summary>
    public RecordedFields? Stat { get; set; }

    /// <summary>The line of <see cref="Stat"/>.</summary>
    public long StatLine { get; set; }

    /// <summary>Limits and personality (<c>#L</c>).</summary>
    public RecordedFields? Limits { get; set; }

    /// <summary>The line of <see cref="Limits"/>.</summary>
    public long LimitsLine { get; set; }

    /// <summary>Vm lines of /proc/PID/status (<c>#V</c>).</summary>
    public RecordedFields? Status { get; set; }

    /// <summary>The line of <see cref="Status"/>.</summary>
    public long StatusLine { get; set; }

    /// <summary>Lines of /proc/PID/maps (<c>#M</c>), with the recording's line numbers.</summary>
    public List<(MapsLine Area, long Line)> Maps { get; } = [];

    /// <summary>Whether a copy is missing (<c>#!</c>).</summary>
    public bool IsMissing { get; set; }

    /// <summary>The last line of the copy.</summary>
    public long LastLine { get; set; }

    /// <summary>Whether anything was copied.</summary>
    public bool IsEmpty => Stat is null && Limits is null && Status is null && Maps.Count == 0 && !IsMissing;
}
