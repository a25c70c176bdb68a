using System.Runtime.InteropServices;
using Pagewise.Abi;

namespace Pagewise.Reports.Locality;

/// <summary>
/// LRU stack distances of accesses (Mattson et al., 1970), from which the misses of every memory size follow, and working
/// sets by window. Pages are sampled by a hash of theirs, at most a fixed number at a time (SHARDS: Waldspurger et al., 2015):
/// when there are more, those with the greatest hashes go and the others stand for more. So memory is bounded, and an access
/// to a page outside the sample costs a multiplication.
/// </summary>
/// <param name="mostPages">Pages in the sample at most.</param>
/// <param name="seed">Which pages are in it.</param>
public sealed class ReuseDistances(int mostPages = ReuseDistances.DefaultPages, ulong seed = 0)
{
    /// <summary>Pages in the sample unless told otherwise.</summary>
    public const int DefaultPages = 4096;

    /// <summary>The sample does not become smaller than this to save time; beyond, whole batches are passed over.</summary>
    private const int FewestPages = 256;

    // What accesses to sampled pages may come to: so many at first, and then one of so many accesses.
    private const long FreeReferences = 1 << 19;
    private const int ReferenceShare = 256;

    // Distances are kept exactly up to 2^ExactBits, then in 2^FineBits steps a power of two.
    private const int ExactBits = 8;
    private const int FineBits = 6;

    private readonly Dictionary<ulong, SampledPage> _pages = [];
    private readonly PriorityQueue<ulong, ulong> _byHash = new();
    private readonly WorkingSetWindows _windows = new();
    private readonly ulong _seed = seed * 0x9E37_79B9_7F4A_7C15;
    private readonly List<double> _histogram = [];
    private readonly int[] _present = new int[(4 * Math.Max(mostPages, 1)) + 1];
    private int _mostPages = Math.Max(mostPages, 1);
    private ulong _threshold = ulong.MaxValue;
    private long _references;
    private double _weighed;
    private int _nextSlot;

    /// <summary>All accesses.</summary>
    public long Accesses { get; private set; }

    /// <summary>The part of pages that are sampled now, above 0 and up to 1.</summary>
    public double SamplingRate => _threshold == ulong.MaxValue ? 1 : _threshold / 18446744073709551616.0;

    /// <summary>Takes runs of accesses in their order.</summary>
    /// <param name="space">The address space's number: pages of two spaces are two, shared ones too.</param>
    /// <param name="runs">The accesses.</param>
    /// <param name="nowNs">Virtual time at their end.</param>
    public void Access(int space, ReadOnlySpan<AccessRun> runs, long nowNs)
    {
        bool isOverdrawn = _references > FreeReferences + (Accesses / ReferenceShare);
        if (isOverdrawn && _mostPages > FewestPages)
        {
            _mostPages = Math.Max(FewestPages, _mostPages / 2);
            while (_pages.Count > _mostPages)
                DropGreatest();
            isOverdrawn = false;
        }

        ulong salt = _seed ^ ((ulong)(uint)space << 52);
        ulong previous = 0;
        long accesses = 0;
        ulong threshold = isOverdrawn ? 0 : _threshold;
        long window = WorkingSetWindows.NumberOf(nowNs);
        foreach (ref readonly AccessRun run in runs)
        {
            accesses += run.Count;
            ulong page = (run.Address >> 12) ^ salt;
            if (Hash(page) >= threshold)
                continue;
            // What comes right after itself is at distance 0, whatever is sampled.
            if (page == previous)
            {
                Count(0, run.Count);
                continue;
            }

            previous = page;
            Reference(page, run.Count, window);
            threshold = _threshold;
        }

        Accesses += accesses;
    }

    /// <summary>The curve: list lengths from 1 page on, eight to each doubling, up to the first that only first accesses miss.</summary>
    public IReadOnlyList<MissRatioPoint> MissRatios()
    {
        var points = new List<MissRatioPoint>();
        if (Accesses == 0)
            return points;
        // Where the sample stands for fewer accesses than there were, the others are put at distance 0 (SHARDS-adj).
        double scale = Math.Min(1, Accesses / _weighed);
        double misses = _weighed;
        double near = 0;
        int bucket = 0;
        for (double size = 1; ; size *= Math.Pow(2, 0.125))
        {
            long pages = (long)Math.Round(size);
            if (points.Count > 0 && pages == points[^1].Pages)
                continue;
            for (; bucket < _histogram.Count && DistanceOf(bucket) < pages; bucket++)
                near += _histogram[bucket];
            points.Add(new MissRatioPoint(pages, (long)Math.Round((misses - near) * scale), Accesses));
            if (bucket == _histogram.Count)
                return points;
        }
    }

    /// <summary>Working sets, the shortest window first.</summary>
    public IReadOnlyList<WorkingSet> WorkingSets() => _windows.Sets();

    private static ulong Hash(ulong page)
    {
        ulong mixed = page * 0x9E37_79B9_7F4A_7C15;
        return (mixed ^ (mixed >> 29)) * 0xBF58_476D_1CE4_E5B9;
    }

    private void Reference(ulong page, uint count, long window)
    {
        _references++;
        if (_nextSlot == _present.Length - 1)
            Renumber();
        int slot = ++_nextSlot;
        ref SampledPage sampled = ref CollectionsMarshal.GetValueRefOrAddDefault(_pages, page, out bool known)!;
        if (known)
        {
            Count((long)(Between(sampled.Slot, slot) / SamplingRate), 1);
            Add(sampled.Slot, -1);
            _windows.Use(sampled.LastWindow, window, SamplingRate);
        }
        else
        {
            _weighed += 1 / SamplingRate;
            _windows.Use(WorkingSetWindows.Never, window, SamplingRate);
        }

        if (count > 1)
            Count(0, count - 1);
        sampled.Slot = slot;
        sampled.LastWindow = window;
        Add(slot, 1);
        if (known)
            return;
        _byHash.Enqueue(page, ulong.MaxValue - Hash(page));
        if (_pages.Count > _mostPages)
            DropGreatest();
    }

    private void DropGreatest()
    {
        ulong page = _byHash.Dequeue();
        _threshold = Hash(page);
        _pages.Remove(page, out SampledPage dropped);
        Add(dropped.Slot, -1);
    }

    private void Count(long distance, long accesses)
    {
        int bucket = BucketOf(distance);
        if (bucket >= _histogram.Count)
        {
            CollectionsMarshal.SetCount(_histogram, bucket + 1);
        }

        double weight = accesses / SamplingRate;
        _histogram[bucket] += weight;
        _weighed += weight;
    }

    private static int BucketOf(long distance)
    {
        if (distance < 1 << ExactBits)
            return (int)distance;
        int power = 63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)distance);
        int fine = (int)((distance >> (power - FineBits)) & ((1 << FineBits) - 1));
        return (1 << ExactBits) + ((power - ExactBits) << FineBits) + fine;
    }

    /// <summary>The least distance of a bucket.</summary>
    private static long DistanceOf(int bucket)
    {
        if (bucket < 1 << ExactBits)
            return bucket;
        int beyond = bucket - (1 << ExactBits);
        int power = ExactBits + (beyond >> FineBits);
        return (1L << power) + ((long)(beyond & ((1 << FineBits) - 1)) << (power - FineBits));
    }

    /// <summary>Sampled pages used since a slot: those at later slots.</summary>
    private int Between(int slot, int now) => Sum(now - 1) - Sum(slot);

    // A Fenwick tree over slots: 1 where a sampled page was used last.
    private int Sum(int slot)
    {
        int sum = 0;
        for (; slot > 0; slot &= slot - 1)
            sum += _present[slot];
        return sum;
    }

    private void Add(int slot, int change)
    {
        for (; slot < _present.Length; slot += slot & -slot)
            _present[slot] += change;
    }

    /// <summary>All slots are used up: the pages get the first ones, in their order.</summary>
    private void Renumber()
    {
        ulong[] pages = [.. _pages.OrderBy(page => page.Value.Slot).Select(page => page.Key)];
        Array.Clear(_present);
        _nextSlot = 0;
        foreach (ulong page in pages)
        {
            CollectionsMarshal.GetValueRefOrNullRef(_pages, page).Slot = ++_nextSlot;
            Add(_nextSlot, 1);
        }
    }

    private struct SampledPage
    {
        public int Slot;
        public long LastWindow;
    }
}
