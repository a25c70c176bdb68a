using System.Runtime.CompilerServices;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Lru;

/// <content>
/// The lists of the multi-generational LRU (include/linux/mm_inline.h, mm/vmscan.c; 6.1). What a page says of its
/// generation is a byte beside its frame: bits 0 to 2 the generation's lists plus 1, 0 when it is in none; bits 3 and 4 its
/// uses through calls beyond the second (LRU_REFS_MASK); bits 5 and 6 the lists it still stands in, for aging changes
/// only what a page says.
/// </content>
public sealed partial class LruLists
{
    private const int GenMask = 7;
    private const int RefsShift = 3;
    private const int RefsMask = 3 << RefsShift;
    private const int PlaceShift = 5;
    private const int MostRefs = 3;

    private readonly NativeArray<LruGen>? _gens;
    private readonly NativeArray<byte>? _genOf;

    /// <summary>Whether generations are in use in place of the classic lists (lru_gen_enabled).</summary>
    public bool HasGens => _gens is not null;

    /// <summary>What of the multi-generational LRU is on.</summary>
    public LruGenCaps GenCaps { get; }

    /// <summary>A fault of the running task is being handled in an area that is not read in a known order (lru_gen_in_fault): what it adds is young.</summary>
    internal bool InFault { get; set; }

    /// <summary>The Bloom filters of the walks over page tables; null: the classic lists.</summary>
    internal BloomFilters? GenFilters { get; }

    /// <summary>The generations of a lruvec. Only where <see cref="HasGens"/>.</summary>
    public ref LruGen Gen(int lruvec)
    {
        ref LruGen gen = ref _gens![lruvec];
        if (gen.MaxSeq == 0)
            gen.Initialize();
        return ref gen;
    }

    /// <summary>The lists that a page says it belongs to, 0 to 3 (folio_lru_gen); -1: none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int GenOf(uint pfn) => (_genOf![pfn] & GenMask) - 1;

    /// <summary>Whether a page stands in one of the two youngest generations, which count as active (lru_gen_is_active).</summary>
    public bool IsInYoungGen(uint pfn) => GenOf(pfn) is >= 0 and int gen && Gen(LruvecOf(pfn)).IsActive(gen);

    /// <summary>Uses of a page through calls beyond the first (folio_lru_refs), 0 to 4.</summary>
    public int RefsOf(uint pfn) => ((_genOf![pfn] & RefsMask) >> RefsShift) + ((_memMap[pfn].Flags & PageFlags.Workingset) != 0 ? 1 : 0);

    /// <summary>Aging found a page used through an entry: it is of a generation from now on (folio_update_gen), or marked while it is isolated.</summary>
    /// <param name="pfn">The page.</param>
    /// <param name="gen">The generation's lists.</param>
    internal void PromoteTo(uint pfn, int gen)
    {
        ref PageFrame frame = ref _memMap[pfn];
        int old = GenOf(pfn);
        if (old < 0)
        {
            frame.Flags |= PageFlags.Referenced;
            return;
        }

        frame.Flags &= ~(PageFlags.Referenced | PageFlags.Workingset);
        ref byte state = ref _genOf![pfn];
        state = (byte)((state & ~(GenMask | RefsMask)) | (gen + 1));
        if (old != gen)
            CountGen(pfn, old, gen);
    }

    /// <summary>A page of the oldest generation stays: it belongs to the next (folio_inc_gen), unless it was promoted before.</summary>
    /// <returns>Its generation's lists.</returns>
    internal int IncGen(uint pfn, bool isReclaiming)
    {
        ref PageFrame frame = ref _memMap[pfn];
        ref LruGen gen = ref Gen(LruvecOf(pfn));
        int old = LruGen.FromSeq(gen.MinSeq[TypeOf(frame.Flags)]);
        int at = GenOf(pfn);
        if (at >= 0 && at != old)
            return at;
        at = (old + 1) % LruGen.MaxGens;
        frame.Flags = (frame.Flags & ~(PageFlags.Referenced | PageFlags.Workingset)) | (isReclaiming ? PageFlags.Reclaim : PageFlags.None);
        ref byte state = ref _genOf![pfn];
        state = (byte)((state & ~(GenMask | RefsMask)) | (at + 1));
        CountGen(pfn, old, at);
        return at;
    }

    /// <summary>Moves a page to an end of the lists that it says it belongs to (list_move, list_move_tail).</summary>
    internal void MoveInGen(uint pfn, bool toTail)
    {
        UnlinkGen(pfn);
        LinkGen(pfn, toTail);
    }

    /// <summary>Takes a page out of its list while it is still counted there; <see cref="LinkGen"/> puts it back.</summary>
    internal void UnlinkGen(uint pfn)
    {
        ref LruListHead head = ref Gen(LruvecOf(pfn)).Lists[LruGen.ListIndex(_genOf![pfn] >> PlaceShift, TypeOf(_memMap[pfn].Flags), ZoneTypeOf(pfn))];
        Unlink(ref head, ref _memMap[pfn]);
    }

    /// <summary>Puts a page into the list that it says it belongs to.</summary>
    internal void LinkGen(uint pfn, bool toTail)
    {
        ref byte state = ref _genOf![pfn];
        int gen = (state & GenMask) - 1;
        state = (byte)((state & (GenMask | RefsMask)) | (gen << PlaceShift));
        ref LruListHead head = ref Gen(LruvecOf(pfn)).Lists[LruGen.ListIndex(gen, TypeOf(_memMap[pfn].Flags), ZoneTypeOf(pfn))];
        Link(ref head, pfn, ref _memMap[pfn], toTail);
    }

    /// <summary>Takes a page off its generation's list (lru_gen_del_folio): one of a young generation is marked as active, unless it is to be reclaimed.</summary>
    internal void RemoveFromGen(uint pfn, bool isReclaiming)
    {
        UnlinkGen(pfn);
        int gen = GenOf(pfn);
        _genOf![pfn] = (byte)(_genOf[pfn] & RefsMask);
        if (!isReclaiming && Gen(LruvecOf(pfn)).IsActive(gen))
            _memMap[pfn].Flags |= PageFlags.Active;
        CountGen(pfn, gen, -1);
    }

    /// <summary>Forgets how often a page was used through calls.</summary>
    internal void ClearRefs(uint pfn) => _genOf![pfn] &= unchecked((byte)~RefsMask);

    /// <summary>A page was used through a call (folio_inc_refs): marked, then of the working set, then counted to 3.</summary>
    private void IncRefs(uint pfn, ref PageFrame frame)
    {
        if ((frame.Flags & PageFlags.Unevictable) != 0)
            return;
        if ((frame.Flags & PageFlags.Referenced) == 0)
            frame.Flags |= PageFlags.Referenced;
        else if ((frame.Flags & PageFlags.Workingset) == 0)
            frame.Flags |= PageFlags.Workingset;
        else if (((_genOf![pfn] & RefsMask) >> RefsShift) < MostRefs)
            _genOf[pfn] += 1 << RefsShift;
    }

    /// <summary>Puts a page into a generation (lru_gen_add_folio).</summary>
    private void AddToGen(uint pfn, bool isReclaiming)
    {
        ref PageFrame frame = ref _memMap[pfn];
        int gen = LruGen.FromSeq(Gen(LruvecOf(pfn)).SeqFor(frame.Flags, TypeOf(frame.Flags), isReclaiming));
        frame.Flags &= ~PageFlags.Active;
        ref byte state = ref _genOf![pfn];
        state = (byte)((state & RefsMask) | (gen + 1));
        CountGen(pfn, -1, gen);
        LinkGen(pfn, isReclaiming);
    }

    /// <summary>Counts a page that comes to, changes or leaves generations (lru_gen_update_size): the two youngest are the active lists of /proc/vmstat.</summary>
    private void CountGen(uint pfn, int old, int now)
    {
        ref PageFrame frame = ref _memMap[pfn];
        int zone = _allocator.ZoneOf(pfn);
        int type = TypeOf(frame.Flags);
        long pages = PagesOf(frame.Flags);
        ref LruGen gen = ref Gen(LruvecOf(frame.Memcg, _zones[zone].Node));
        ZoneType zoneType = _zones[zone].Type;
        LruList inactive = type == LruGen.File ? LruList.InactiveFile : LruList.InactiveAnon;
        LruList from = inactive + (old >= 0 && gen.IsActive(old) ? 1 : 0);
        LruList to = inactive + (now >= 0 && gen.IsActive(now) ? 1 : 0);
        if (old >= 0)
            gen.Lists[LruGen.ListIndex(old, type, zoneType)].Pages -= pages;
        if (now >= 0)
            gen.Lists[LruGen.ListIndex(now, type, zoneType)].Pages += pages;
        if (old >= 0 && now >= 0 && from == to)
            return;
        if (old >= 0)
            _ = Count(frame.Memcg, zone, from, -pages);
        if (now >= 0)
            _ = Count(frame.Memcg, zone, to, pages);
    }

    /// <summary>The next generation becomes the youngest (the end of inc_max_seq): what was the second youngest is inactive.</summary>
    private void CountNewGen(int lruvec, ref LruGen gen)
    {
        int previous = LruGen.FromSeq(gen.MaxSeq - 1);
        int next = LruGen.FromSeq(gen.MaxSeq + 1);
        for (int type = 0; type < LruGen.Types; type++)
        {
            LruList inactive = type == LruGen.File ? LruList.InactiveFile : LruList.InactiveAnon;
            for (ZoneType zone = 0; (int)zone < ZoneTypes.Count; zone++)
            {
                long change = gen.Lists[LruGen.ListIndex(previous, type, zone)].Pages - gen.Lists[LruGen.ListIndex(next, type, zone)].Pages;
                if (change == 0)
                    continue;
                int index = ZoneTable.Index(NodeOfLruvec(lruvec), zone);
                _ = Count(MemcgOfLruvec(lruvec), index, inactive, change);
                _ = Count(MemcgOfLruvec(lruvec), index, inactive + 1, -change);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TypeOf(PageFlags flags) => IsFileLru(flags) ? LruGen.File : LruGen.Anon;

    private ZoneType ZoneTypeOf(uint pfn) => _zones[_allocator.ZoneOf(pfn)].Type;
}
