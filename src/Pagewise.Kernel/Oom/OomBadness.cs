using Pagewise.Abi;

namespace Pagewise.Kernel.Oom;

/// <summary>
/// How bad a process is (oom_badness and oom_evaluate_task, mm/oom_kill.c) and what /proc/PID/oom_score makes of it
/// (proc_oom_score, fs/proc/base.c), as a release computes them. Not modelled: before Linux 5.1 the child of a chosen
/// process that died in its stead.
/// </summary>
/// <param name="kernel">The release.</param>
public sealed class OomBadness(KernelVersion kernel)
{
    /// <summary>OOM_SCORE_ADJ_MIN: never killed.</summary>
    public const int ScoreAdjMin = -1000;

    /// <summary>OOM_SCORE_ADJ_MAX: killed first.</summary>
    public const int ScoreAdjMax = 1000;

    /// <summary>5.9: points may be negative, and oom_score tells such processes apart too.</summary>
    private readonly bool _isSigned = kernel >= new KernelVersion(5, 9);

    /// <summary>Before 4.17 a process with CAP_SYS_ADMIN was forgiven 3 %.</summary>
    private readonly bool _sparesRoot = kernel < new KernelVersion(4, 17);

    /// <summary>The release.</summary>
    public KernelVersion Kernel { get; } = kernel;

    /// <summary>
    /// Whether of two with the same points the later in the list of tasks is chosen: from 5.1, when thread-group leaders
    /// lost their precedence. Before, the first found stays.
    /// </summary>
    public bool PrefersLater { get; } = kernel >= new KernelVersion(5, 1);

    /// <summary>A process's points, in pages; null when it may not be killed.</summary>
    /// <param name="pages">Its resident pages, its pages in swap and its page tables, together.</param>
    /// <param name="oomScoreAdj">−1000 to 1000.</param>
    /// <param name="totalPages">What could be had: memory and swap of the machine, or of the cgroup or the nodes that are short.</param>
    /// <param name="isRoot">Whether it has CAP_SYS_ADMIN; matters before Linux 4.17.</param>
    public long? Points(long pages, int oomScoreAdj, long totalPages, bool isRoot = false)
    {
        if (oomScoreAdj == ScoreAdjMin)
            return null;
        if (_sparesRoot && isRoot)
            pages -= pages * 3 / 100;
        long points = pages + (oomScoreAdj * (totalPages / 1000));
        return _isSigned ? points : Math.Max(points, 1);
    }

    /// <summary>What /proc/PID/oom_score shows.</summary>
    /// <param name="points">The process's points; null: 0.</param>
    /// <param name="totalPages">Pages of memory and swap of the machine.</param>
    public int Score(long? points, long totalPages)
    {
        if (points is not { } value)
            return 0;
        long share = value * 1000 / Math.Max(totalPages, 1);
        return (int)(_isSigned ? (1000 + share) * 2 / 3 : share);
    }

    /// <summary>The victim (select_bad_process): the one with most points.</summary>
    /// <param name="points">Points in the order in which the kernel finds the tasks; null: not to be killed.</param>
    /// <returns>Its place, or −1 when nobody may be killed.</returns>
    public int Choose(ReadOnlySpan<long?> points)
    {
        int chosen = -1;
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i] is not { } value)
                continue;
            if (chosen < 0 || value > points[chosen] || (PrefersLater && value == points[chosen]))
                chosen = i;
        }

        return chosen;
    }
}
