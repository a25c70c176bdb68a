namespace Pagewise.Kernel.Oom;

/// <summary>One choice of the OOM killer (struct oom_control, select_bad_process): what was short, and among whom.</summary>
/// <param name="Badness">How the release counts points.</param>
/// <param name="TotalPages">What could be had: memory and swap of what is short.</param>
/// <param name="Candidates">The processes, in the order in which the kernel finds them.</param>
public sealed record OomControl(OomBadness Badness, long TotalPages, IReadOnlyList<OomCandidate> Candidates)
{
    /// <summary>A process's points, in pages; null when it may not be killed.</summary>
    public long? Points(OomCandidate candidate) =>
        candidate.Exempt is null ? Badness.Points(candidate.Pages, candidate.OomScoreAdj, TotalPages, candidate.IsRoot) : null;

    /// <summary>What oom_score_adj adds to a process's points, in pages.</summary>
    public long AdjustmentPages(OomCandidate candidate) => candidate.OomScoreAdj * (TotalPages / 1000);

    /// <summary>The victim; null when nobody may be killed.</summary>
    public OomCandidate? Victim()
    {
        int chosen = Badness.Choose([.. Candidates.Select(Points)]);
        return chosen < 0 ? null : Candidates[chosen];
    }

    /// <summary>The victims one after the other, if each kill is not enough and nothing else changes.</summary>
    /// <param name="limit">The most to name.</param>
    public IReadOnlyList<OomCandidate> Order(int limit)
    {
        // With nothing else changing, who is next depends on the points alone: one sort instead of a search a kill.
        var places = new List<(long Points, int Place)>(Candidates.Count);
        for (int i = 0; i < Candidates.Count; i++)
        {
            if (Points(Candidates[i]) is { } points)
                places.Add((points, i));
        }

        places.Sort((left, right) => left.Points != right.Points ? right.Points.CompareTo(left.Points)
            : Badness.PrefersLater ? right.Place.CompareTo(left.Place) : left.Place.CompareTo(right.Place));
        return [.. places.Take(limit).Select(one => Candidates[one.Place])];
    }

    /// <summary>
    /// The largest oom_score_adj with which a process would not be the victim: one less than what gives it the next
    /// one's points. −1000 when only that saves it; null when nobody else could be killed.
    /// </summary>
    public int? SparingScoreAdj(OomCandidate victim)
    {
        OomControl others = this with { Candidates = [.. Candidates.Where(one => one != victim)] };
        if (others.Victim() is null)
            return null;
        int low = OomBadness.ScoreAdjMin, high = OomBadness.ScoreAdjMax;
        while (low < high)
        {
            int middle = low + ((high - low + 1) / 2);
            if (IsVictim(victim, victim with { OomScoreAdj = middle }))
                high = middle - 1;
            else
                low = middle;
        }

        return low;
    }

    private bool IsVictim(OomCandidate old, OomCandidate candidate) =>
        (this with { Candidates = [.. Candidates.Select(one => one == old ? candidate : one)] }).Victim() == candidate;
}
