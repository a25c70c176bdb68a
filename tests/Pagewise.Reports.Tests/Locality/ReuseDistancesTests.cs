using Pagewise.Abi;
using Pagewise.Reports.Locality;

namespace Pagewise.Reports.Tests.Locality;

public sealed class ReuseDistancesTests
{
    /// <summary>With all pages in the sample the curve is that of an LRU list simulated at each length.</summary>
    [Theory]
    [InlineData(1, 40, 3000)]
    [InlineData(2, 300, 20000)]
    [InlineData(3, 1000, 20000)]
    public void MissesEqualThoseOfAnLruListOfEachLength(int seed, int pages, int accesses)
    {
        AccessRun[] runs = RandomRuns(seed, pages, accesses);
        var reuse = new ReuseDistances();
        foreach (AccessRun[] batch in runs.Chunk(97))
            reuse.Access(1, batch, 0);
        reuse.SamplingRate.ShouldBe(1);
        IReadOnlyList<MissRatioPoint> curve = reuse.MissRatios();
        curve[0].Pages.ShouldBe(1);
        foreach (MissRatioPoint point in curve)
        {
            point.Accesses.ShouldBe(runs.Sum(run => run.Count));
            if (point.Pages <= 256)
            {
                point.Misses.ShouldBe(NaiveMisses(runs, (int)point.Pages), $"{point.Pages} pages");
                continue;
            }

            // From there on distances are kept to one part in 64.
            point.Misses.ShouldBeInRange(NaiveMisses(runs, (int)(point.Pages * 1.016)), NaiveMisses(runs, (int)point.Pages), $"{point.Pages} pages");
        }

        curve[^1].Misses.ShouldBe(runs.Select(run => run.Address >> 12).Distinct().Count());
    }

    [Fact]
    public void ASampleOfPagesEstimatesTheCurve()
    {
        const int Pages = 30_000;
        AccessRun[] runs = RandomRuns(7, Pages, 400_000);
        var whole = new ReuseDistances(mostPages: 1 << 16);
        var sampled = new ReuseDistances(mostPages: 1024);
        foreach (AccessRun[] batch in runs.Chunk(4096))
        {
            whole.Access(1, batch, 0);
            sampled.Access(1, batch, 0);
        }

        sampled.SamplingRate.ShouldBeInRange(0.01, 0.2);
        foreach (MissRatioPoint point in whole.MissRatios().Where(point => point.Pages >= 64))
        {
            double estimate = RatioAt(sampled.MissRatios(), point.Pages);
            estimate.ShouldBe((double)point.Misses / point.Accesses, 0.05, $"{point.Pages} pages");
        }
    }

    [Fact]
    public void TheSameSeedSamplesTheSamePagesAndAnotherSeedOthers()
    {
        AccessRun[] runs = RandomRuns(9, 5000, 50_000);
        IReadOnlyList<MissRatioPoint> Curve(ulong seed)
        {
            var reuse = new ReuseDistances(mostPages: 256, seed);
            reuse.Access(1, runs, 0);
            return reuse.MissRatios();
        }

        Curve(5).ShouldBe(Curve(5));
        Curve(5).ShouldNotBe(Curve(6));
    }

    [Fact]
    public void PagesOfTwoAddressSpacesAreTwo()
    {
        var reuse = new ReuseDistances();
        for (int i = 0; i < 10; i++)
        {
            reuse.Access(1, [new AccessRun(0x1000, 1, AccessKind.Read)], 0);
            reuse.Access(2, [new AccessRun(0x1000, 1, AccessKind.Read)], 0);
        }

        IReadOnlyList<MissRatioPoint> curve = reuse.MissRatios();
        curve.Select(point => (point.Pages, point.Misses)).ShouldBe([(1L, 20L), (2L, 2L)]);
    }

    [Fact]
    public void WithoutAccessesThereIsNoCurve()
    {
        new ReuseDistances().MissRatios().ShouldBeEmpty();
        new ReuseDistances().WorkingSets().ShouldBeEmpty();
    }

    /// <summary>The cost is bounded: where a few pages take all accesses, most are passed over, and the curve says the same.</summary>
    [Fact]
    public void ALongLoopOverAFewPagesIsPassedOverInPart()
    {
        var reuse = new ReuseDistances();
        AccessRun[] loop = [.. Enumerable.Range(0, 4096).Select(i => new AccessRun((ulong)(i % 32) << 12, 1, AccessKind.Read))];
        for (int i = 0; i < 2000; i++)
            reuse.Access(1, loop, i * 1000L);
        reuse.Accesses.ShouldBe(2000 * 4096L);
        RatioAt(reuse.MissRatios(), 32).ShouldBeLessThan(0.001);
    }

    [Fact]
    public void WorkingSetsCountThePagesOfEachWindow()
    {
        var reuse = new ReuseDistances();
        // 100 windows of 10 µs, ten pages in each, another ten in every other.
        for (int window = 0; window < 100; window++)
        {
            for (int page = 0; page < 10; page++)
                reuse.Access(1, [new AccessRun((ulong)(page + (window % 2 * 10)) << 12, 3, AccessKind.Write)], (window * 10_000L) + (page * 100));
        }

        IReadOnlyList<WorkingSet> sets = reuse.WorkingSets();
        sets[0].ShouldBe(new WorkingSet(10_000, 10, 10, 10));
        sets[1].ShouldBe(new WorkingSet(40_000, 20, 20, 20));
    }

    private static double RatioAt(IReadOnlyList<MissRatioPoint> curve, long pages)
    {
        MissRatioPoint point = curve.LastOrDefault(point => point.Pages <= pages) ?? curve[0];
        return (double)point.Misses / point.Accesses;
    }

    private static AccessRun[] RandomRuns(int seed, int pages, int accesses)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, accesses).Select(_ =>
            new AccessRun((ulong)(pages * Math.Pow(random.NextDouble(), 3)) << 12, (uint)random.Next(1, 4), AccessKind.Read))];
    }

    private static long NaiveMisses(AccessRun[] runs, int length)
    {
        var order = new LinkedList<ulong>();
        var nodes = new Dictionary<ulong, LinkedListNode<ulong>>();
        long misses = 0;
        foreach (AccessRun run in runs)
        {
            ulong page = run.Address >> 12;
            if (nodes.Remove(page, out LinkedListNode<ulong>? node))
                order.Remove(node);
            else
                misses++;
            nodes[page] = order.AddFirst(page);
            if (order.Count <= length)
                continue;
            nodes.Remove(order.Last!.Value);
            order.RemoveLast();
        }

        return misses;
    }
}
