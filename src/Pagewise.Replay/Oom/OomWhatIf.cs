using System.Globalization;
using Pagewise.Kernel.Oom;
using Pagewise.Replay.Recorded;

namespace Pagewise.Replay.Oom;

/// <summary>
/// One thing that could be otherwise when the OOM killer chooses: "pid 4211 oom_score_adj=-500", "pid 4211 gone",
/// "swap=0", "memory=16 GiB".
/// </summary>
/// <param name="Text">As the user wrote it.</param>
public sealed record OomWhatIf(string Text)
{
    private const string Expected = "expected 'pid PID oom_score_adj=NUMBER', 'pid PID gone', 'swap=SIZE' or 'memory=SIZE'";

    /// <summary>Whether it changes the size of memory.</summary>
    public bool IsMemory => Text.TrimStart().StartsWith("memory", StringComparison.Ordinal);

    /// <summary>The size it gives memory, in pages; null when it changes something else.</summary>
    /// <exception cref="ReplayException">It cannot be read.</exception>
    public long? MemoryPages => Text.Split('=', 2, StringSplitOptions.TrimEntries) is ["memory", var size] ? Pages(size) : null;

    /// <summary>The choice with this changed.</summary>
    /// <param name="control">The choice.</param>
    /// <param name="memoryPages">What of <see cref="OomControl.TotalPages"/> is memory; the rest is swap.</param>
    /// <returns>Null when there is no such process.</returns>
    /// <exception cref="ReplayException">It cannot be read.</exception>
    public OomControl? Apply(OomControl control, long memoryPages)
    {
        string[] words = Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is ["pid", var number, var change])
            return Process(control, number, change);
        string[] sides = Text.Split('=', 2, StringSplitOptions.TrimEntries);
        return sides switch
        {
            ["swap", var size] => control with { TotalPages = memoryPages + Pages(size) },
            ["memory", var size] => control with { TotalPages = control.TotalPages - memoryPages + Math.Max(Pages(size), 1) },
            _ => throw Wrong(Expected),
        };
    }

    private OomControl? Process(OomControl control, string number, string change)
    {
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            throw Wrong(Expected);
        bool isThere = control.Candidates.Any(one => one.Pid == pid);
        if (change == "gone")
            return isThere ? control with { Candidates = [.. control.Candidates.Where(one => one.Pid != pid)] } : null;
        string[] sides = change.Split('=', 2);
        if (sides is not ["oom_score_adj", var text] || !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int adj))
            throw Wrong(Expected);
        if (adj is < OomBadness.ScoreAdjMin or > OomBadness.ScoreAdjMax)
            throw Wrong("oom_score_adj is a number from -1000 to 1000");
        return isThere ? control with { Candidates = [.. control.Candidates.Select(one => one.Pid == pid ? one with { OomScoreAdj = adj } : one)] } : null;
    }

    /// <summary>"512 MiB", "2GiB", "0": pages.</summary>
    private long Pages(string size) =>
        SizeText.TryParse(size, out ulong bytes) && bytes < 1UL << 54 ? (long)(bytes >> 12) : throw Wrong("expected a size, such as 512 MiB");

    private ReplayException Wrong(string what) => new($"--if '{Text}': {what}");
}
