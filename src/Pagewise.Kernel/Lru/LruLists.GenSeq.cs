using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Lru;

/// <content>
/// The numbers of generations, and what refaults teach (mm/vmscan.c's refault feedback loop, mm/workingset.c; 6.1): a
/// controller that compares the part of evicted pages that came back of one kind or tier with that of another.
/// </content>
public sealed partial class LruLists
{
    private const int RefsWidth = 2;

    /// <summary>The oldest generations that are empty go (try_to_inc_min_seq).</summary>
    /// <returns>Whether any did.</returns>
    internal bool TryToIncMinSeq(int lruvec, bool canSwap)
    {
        ref LruGen gen = ref Gen(lruvec);
        LruGen.SeqArray min = gen.MinSeq;
        int first = canSwap ? LruGen.Anon : LruGen.File;
        for (int type = first; type < LruGen.Types; type++)
        {
            while (min[type] + LruGen.MinGens <= gen.MaxSeq && IsEmpty(ref gen, LruGen.FromSeq(min[type]), type))
                min[type]++;
        }

        if (canSwap)
        {
            min[LruGen.Anon] = Math.Min(min[LruGen.Anon], min[LruGen.File]);
            min[LruGen.File] = Math.Max(min[LruGen.Anon], gen.MinSeq[LruGen.File]);
        }

        bool isDone = false;
        for (int type = first; type < LruGen.Types; type++)
        {
            if (min[type] == gen.MinSeq[type])
                continue;
            CarryOver(ref gen, type);
            gen.MinSeq[type] = min[type];
            isDone = true;
        }

        return isDone;
    }

    /// <summary>A new youngest generation (inc_max_seq); the oldest joins the next one where there are four already.</summary>
    internal void IncMaxSeq(int lruvec, bool canSwap)
    {
        ref LruGen gen = ref Gen(lruvec);
        for (int type = LruGen.Types - 1; type >= 0; type--)
        {
            if (gen.Gens(type) == LruGen.MaxGens)
                IncMinSeq(ref gen, type, canSwap);
        }

        CountNewGen(lruvec, ref gen);
        gen.MaxSeq++;
    }

    /// <summary>The last tier of a kind that is evicted, for the higher ones come back more often than the first (get_tier_idx).</summary>
    internal int LastTierOf(int lruvec, int type)
    {
        ref LruGen gen = ref Gen(lruvec);
        ControlPosition setPoint = new(in gen, type, 0, 1);
        int tier = 1;
        while (tier < LruGen.Tiers && setPoint.Allows(new ControlPosition(in gen, type, tier, 2)))
            tier++;
        return tier - 1;
    }

    /// <summary>The kind to evict, of which less comes back by what swappiness weighs, and its last tier (get_type_to_scan).</summary>
    internal int TypeToScan(int lruvec, int swappiness, out int lastTier)
    {
        ref LruGen gen = ref Gen(lruvec);
        ControlPosition anon = new(in gen, LruGen.Anon, 0, swappiness);
        ControlPosition file = new(in gen, LruGen.File, 0, 200 - swappiness);
        int type = anon.Allows(file) ? LruGen.File : LruGen.Anon;
        ControlPosition setPoint = type == LruGen.File ? anon : file;
        int gain = type == LruGen.File ? 200 - swappiness : swappiness;
        int tier = 1;
        while (tier < LruGen.Tiers && setPoint.Allows(new ControlPosition(in gen, type, tier, gain)))
            tier++;
        lastTier = tier - 1;
        return type;
    }

    /// <summary>A page leaves memory (lru_gen_eviction): the shadow has its kind's oldest generation and how often it was used.</summary>
    private ulong EvictFromGen(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        int type = TypeOf(frame.Flags);
        int refs = RefsOf(pfn);
        ref LruGen gen = ref Gen(LruvecOf(pfn));
        gen.Evicted[(type * LruGen.Tiers) + LruGen.TierOf(refs)] += PagesOf(frame.Flags);
        ulong token = (gen.MinSeq[type] << RefsWidth) | (uint)Math.Max(refs - 1, 0);
        return PackShadow(NodeOf(pfn), Math.Max(frame.Memcg, MemCgroups.Root), token, refs != 0);
    }

    /// <summary>A page is back (lru_gen_refault): it counts if its generation is still the oldest, and only then says something about what is evicted.</summary>
    private void RefaultToGen(uint pfn, ulong shadow)
    {
        ref PageFrame frame = ref _memMap[pfn];
        int node = (int)(shadow >> (EvictionBits + MemcgBits)) & ((1 << NodeBits) - 1);
        int memcg = Math.Max(frame.Memcg, MemCgroups.Root);
        int evictedFrom = (int)(shadow >> EvictionBits) & ((1 << MemcgBits) - 1);
        if (node != NodeOf(pfn) || evictedFrom != memcg)
            return;
        int type = TypeOf(frame.Flags);
        ulong token = shadow & EvictionMask;
        ref LruGen gen = ref Gen(LruvecOf(memcg, node));
        if (token >> RefsWidth != (gen.MinSeq[type] & (EvictionMask >> RefsWidth)))
            return;
        long pages = PagesOf(frame.Flags);
        int refs = (int)(token & MostRefs) + ((shadow & WorkingsetMark) != 0 ? 1 : 0);
        gen.Refaulted[(type * LruGen.Tiers) + LruGen.TierOf(refs)] += pages;
        CountRefault(frame.Memcg, type == LruGen.File, pages);
        if (!InFault && refs < MostRefs)
            return;
        frame.Flags |= PageFlags.Workingset;
        _genOf![pfn] |= RefsMask;
        CountRestore(frame.Memcg, type == LruGen.File, pages);
    }

    /// <summary>A page of a higher tier is kept for what refaults say (the protected case of sort_folio).</summary>
    internal void CountProtected(int lruvec, int type, int tier, long pages)
    {
        Gen(lruvec).Protected[(type * LruGen.Tiers) + tier] += pages;
        CountActivate(lruvec, type == LruGen.File, pages);
    }

    /// <summary>The oldest generation of a kind joins the next, pages that nobody used at its old end (inc_min_seq).</summary>
    private void IncMinSeq(ref LruGen gen, int type, bool canSwap)
    {
        if (type != LruGen.Anon || canSwap)
        {
            int old = LruGen.FromSeq(gen.MinSeq[type]);
            for (ZoneType zone = 0; (int)zone < ZoneTypes.Count; zone++)
            {
                ref LruListHead head = ref gen.Lists[LruGen.ListIndex(old, type, zone)];
                while (head.Last != 0)
                {
                    uint pfn = head.Last;
                    _ = IncGen(pfn, isReclaiming: false);
                    MoveInGen(pfn, toTail: true);
                }
            }
        }

        CarryOver(ref gen, type);
        gen.MinSeq[type]++;
    }

    /// <summary>A generation is done: what it taught goes into the averages, by half (reset_ctrl_pos).</summary>
    private static void CarryOver(ref LruGen gen, int type)
    {
        for (int i = type * LruGen.Tiers; i < (type + 1) * LruGen.Tiers; i++)
        {
            gen.AvgRefaulted[i] = (gen.AvgRefaulted[i] + gen.Refaulted[i]) / 2;
            gen.AvgTotal[i] = (gen.AvgTotal[i] + gen.Evicted[i] + gen.Protected[i]) / 2;
            gen.Refaulted[i] = 0;
            gen.Evicted[i] = 0;
            gen.Protected[i] = 0;
        }
    }

    private static bool IsEmpty(ref LruGen gen, int at, int type)
    {
        for (ZoneType zone = 0; (int)zone < ZoneTypes.Count; zone++)
        {
            if (gen.Lists[LruGen.ListIndex(at, type, zone)].First != 0)
                return false;
        }

        return true;
    }

    /// <summary>How a tier of a kind does (struct ctrl_pos): what came back of what was evicted or kept.</summary>
    private readonly struct ControlPosition(in LruGen gen, int type, int tier, int gain)
    {
        private readonly long _refaulted = gen.AvgRefaulted[(type * LruGen.Tiers) + tier] + gen.Refaulted[(type * LruGen.Tiers) + tier];
        private readonly long _total = gen.AvgTotal[(type * LruGen.Tiers) + tier] + gen.Evicted[(type * LruGen.Tiers) + tier] + gen.Protected[(type * LruGen.Tiers) + tier];
        private readonly int _gain = gain;

        /// <summary>Whether another may be evicted beside this: few of it come back, or no larger part than of this (positive_ctrl_err).</summary>
        public bool Allows(in ControlPosition other) =>
            other._refaulted < LruGen.MinBatch
            || other._refaulted * (_total + LruGen.MinBatch) * _gain <= (_refaulted + 1) * other._total * other._gain;
    }
}
