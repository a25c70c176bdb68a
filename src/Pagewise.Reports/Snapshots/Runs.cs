namespace Pagewise.Reports.Snapshots;

/// <summary>
/// Neighbouring pages or frames of one kind, as columns: element i of each says of run i where it begins, how many it has
/// and what they are.
/// </summary>
public sealed record Runs
{
    /// <summary>Where each begins: a page's or frame's number.</summary>
    public List<long> Start { get; init; } = [];

    /// <summary>How many.</summary>
    public List<long> Count { get; init; } = [];

    /// <summary>What they are; the number's meaning is its owner's.</summary>
    public List<int> Kind { get; init; } = [];

    /// <summary>The first one's frame or slot of swap, which the others follow; empty: not kept.</summary>
    public List<long> At { get; init; } = [];

    /// <summary>
    /// Each run stands for whole cells of this many pages (a power of two), of which it tells what most are; 1: exact.
    /// </summary>
    public long CellPages { get; init; } = 1;

    /// <summary>Adds pages; those that continue the last run lengthen it.</summary>
    /// <param name="start">The first one's number, above all that were added.</param>
    /// <param name="count">How many.</param>
    /// <param name="kind">What they are.</param>
    /// <param name="at">The first one's frame; -1: frames are not kept.</param>
    public void Add(long start, long count, int kind, long at = -1)
    {
        int last = Start.Count - 1;
        if (last >= 0 && Kind[last] == kind && Start[last] + Count[last] == start && (at < 0 || At[last] + Count[last] == at))
        {
            Count[last] += count;
            return;
        }

        Start.Add(start);
        Count.Add(count);
        Kind.Add(kind);
        if (at >= 0)
            At.Add(at);
    }

    /// <summary>The same in at most so many runs: first without frames, then in cells that double until it fits.</summary>
    /// <param name="most">The most runs, at least 1.</param>
    /// <param name="keepKind">What of the kind is kept once frames are not.</param>
    public Runs Within(int most, Func<int, int> keepKind)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        if (Start.Count <= most)
            return this;
        Runs coarse = Cells(1, keepKind);
        for (long cell = 2; coarse.Start.Count > most; cell *= 2)
            coarse = Cells(cell, keepKind);
        return coarse;
    }

    private Runs Cells(long cellPages, Func<int, int> keepKind)
    {
        var coarse = new Runs { CellPages = cellPages };
        var votes = new SortedDictionary<int, long>();
        long cell = -1;
        for (int run = 0; run < Start.Count; run++)
        {
            int kind = keepKind(Kind[run]);
            long start = Start[run], end = start + Count[run];
            while (start < end)
            {
                long first = start / cellPages;
                if (first != cell)
                {
                    Elect(coarse, votes, cell);
                    cell = first;
                }

                long whole = end / cellPages;
                if (start % cellPages == 0 && whole > first)
                {
                    coarse.Add(first * cellPages, (whole - first) * cellPages, kind);
                    start = whole * cellPages;
                    cell = -1;
                    continue;
                }

                long stop = Math.Min(end, (first + 1) * cellPages);
                votes[kind] = votes.GetValueOrDefault(kind) + stop - start;
                start = stop;
            }
        }

        Elect(coarse, votes, cell);
        return coarse;
    }

    private static void Elect(Runs coarse, SortedDictionary<int, long> votes, long cell)
    {
        if (votes.Count == 0)
            return;
        long pages = coarse.CellPages, best = 0, all = 0;
        int winner = 0;
        foreach ((int kind, long count) in votes)
        {
            all += count;
            if (count > best)
                (winner, best) = (kind, count);
        }

        // What has no entry is in no run and votes too.
        if (best >= pages - all)
            coarse.Add(cell * pages, pages, winner);
        votes.Clear();
    }
}
