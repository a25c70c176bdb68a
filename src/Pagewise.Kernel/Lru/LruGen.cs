using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Lru;

/// <summary>
/// The generations of a cgroup on a node: Linux's struct lru_gen_struct with lru_gen_mm_state (include/linux/mmzone.h,
/// 6.1). Aging makes a new youngest generation, eviction uses up the oldest ones; generation n has the lists n modulo 4.
/// </summary>
/// <remarks>Simplified: no lru_gen/min_ttl_ms, so no birth times; one history (no CONFIG_LRU_GEN_STATS).</remarks>
public struct LruGen
{
    /// <summary>MIN_NR_GENS: generations that count as active; eviction leaves as many.</summary>
    public const int MinGens = 2;

    /// <summary>MAX_NR_GENS.</summary>
    public const int MaxGens = 4;

    /// <summary>MAX_NR_TIERS: pages used 0 or 1, 2, 3 or 4, and more times through calls.</summary>
    public const int Tiers = 4;

    /// <summary>Kinds of pages (ANON_AND_FILE).</summary>
    public const int Types = 2;

    /// <summary>The kind of swap-backed pages (LRU_GEN_ANON).</summary>
    public const int Anon = 0;

    /// <summary>The kind of pages of files (LRU_GEN_FILE).</summary>
    public const int File = 1;

    /// <summary>MIN_LRU_BATCH: what makes a difference, pages.</summary>
    public const int MinBatch = 64;

    /// <summary>MAX_LRU_BATCH: what is worked on at once at most, pages.</summary>
    public const int MaxBatch = 64 * MinBatch;

    /// <summary>Uses beyond the first that a page can tell at most (BIT(LRU_REFS_WIDTH)); such a page stays.</summary>
    public const int MostRefs = 4;

    /// <summary>The number of the youngest generation (max_seq).</summary>
    public ulong MaxSeq;

    /// <summary>The number of the oldest generation of each kind (min_seq).</summary>
    public SeqArray MinSeq;

    /// <summary>The lists with their sizes, by generation, kind and zone: <see cref="ListIndex"/>. Where a page stands is set right only when eviction meets it; sizes go by what each page says.</summary>
    public ListArray Lists;

    /// <summary>Refaults of each tier, averaged over past generations (avg_refaulted).</summary>
    public TierArray AvgRefaulted;

    /// <summary>Pages evicted or protected of each tier, averaged over past generations (avg_total).</summary>
    public TierArray AvgTotal;

    /// <summary>Pages of each tier kept by the feedback in the oldest generation (protected).</summary>
    public TierArray Protected;

    /// <summary>Pages of each tier evicted in the oldest generation (evicted).</summary>
    public TierArray Evicted;

    /// <summary>Of them those that came back while it still was the oldest (refaulted).</summary>
    public TierArray Refaulted;

    /// <summary>The youngest generation whose walk over page tables is done (mm_state.seq).</summary>
    public ulong MmSeq;

    /// <summary>The first address space that came after the last walk (mm_state.tail); 0: there was no walk, -1: none came.</summary>
    public int MmTail;

    /// <summary>Bit n: Bloom filter n is in use.</summary>
    public int Filters;

    /// <summary>A number for each kind.</summary>
    [InlineArray(Types)]
    public struct SeqArray
    {
        private ulong _first;
    }

    /// <summary>A number for each kind and tier: index kind × 4 + tier.</summary>
    [InlineArray(Types * Tiers)]
    public struct TierArray
    {
        private long _first;
    }

    /// <summary>The lists.</summary>
    [InlineArray(MaxGens * Types * ZoneTypes.Count)]
    public struct ListArray
    {
        private LruListHead _first;
    }

    /// <summary>Where the lists of a generation number are (lru_gen_from_seq).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FromSeq(ulong seq) => (int)(seq % MaxGens);

    /// <summary>The index of a list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ListIndex(int gen, int type, ZoneType zone) => (((gen * Types) + type) * ZoneTypes.Count) + (int)zone;

    /// <summary>The tier of a page that was used a number of times beyond the first (lru_tier_from_refs): log2, rounded up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TierOf(int refs) => refs switch { 0 => 0, 1 => 1, 2 or 3 => 2, _ => 3 };

    /// <summary>Whether a generation is one of the two youngest (lru_gen_is_active).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsActive(int gen) => gen == FromSeq(MaxSeq) || gen == FromSeq(MaxSeq - 1);

    /// <summary>Generations of a kind (get_nr_gens).</summary>
    public readonly int Gens(int type) => (int)(MaxSeq - MinSeq[type]) + 1;

    /// <summary>Pages of a generation and kind, in all zones.</summary>
    public readonly long Pages(int gen, int type)
    {
        long pages = 0;
        for (int zone = 0; zone < ZoneTypes.Count; zone++)
            pages += Lists[ListIndex(gen, type, (ZoneType)zone)].Pages;
        return pages;
    }

    /// <summary>Begins with four numbers, the oldest two empty (lru_gen_init_lruvec).</summary>
    internal void Initialize()
    {
        this = default;
        MaxSeq = MinGens + 1;
        MmSeq = MinGens;
    }

    /// <summary>
    /// The generation a page goes to (lru_gen_add_folio): one just faulted in to the youngest; one that cannot go yet to the
    /// second youngest; one to be taken first to the oldest; others to the oldest inactive ones.
    /// </summary>
    internal readonly ulong SeqFor(PageFlags flags, int type, bool isReclaiming)
    {
        if ((flags & PageFlags.Active) != 0)
            return MaxSeq;
        bool isPending = (flags & PageFlags.Reclaim) != 0 && (flags & (PageFlags.Dirty | PageFlags.Writeback)) != 0;
        if ((type == Anon && (flags & PageFlags.SwapCache) == 0) || isPending)
            return MaxSeq - 1;
        return isReclaiming || MinSeq[type] + MinGens >= MaxSeq ? MinSeq[type] : MinSeq[type] + 1;
    }
}
