using System.Runtime.CompilerServices;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;

namespace Pagewise.Kernel.Faults;

/// <summary>
/// Counts of who maps a frame (mm/rmap.c): map counts, references, the rss counters of the address space and the
/// machine's nr_mapped and nr_anon_pages. A frame goes back to the allocator with its last reference.
/// </summary>
internal sealed partial class Rmap(MemMap memMap, LruLists lru, VmStat stat)
{
    /// <summary>Maps a new anonymous page that nothing else knows (folio_add_new_anon_rmap): takes over the allocator's reference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddNewAnon(ref MmStruct mm, uint pfn, int anonVma, ulong index)
    {
        ref PageFrame frame = ref memMap[pfn];
        frame.Flags |= PageFlags.Anon | PageFlags.AnonExclusive | PageFlags.SwapBacked;
        frame.Mapping = anonVma;
        frame.Index = index;
        frame.MapCount = 1;
        mm.Rss.AnonPages++;
        stat.NrAnonPages++;
        lru.Memcgs.Count(frame.Memcg, MemcgStat.Anon, 1);
    }

    /// <summary>Maps a 2 MiB anonymous page that nothing else knows: takes over the allocator's reference.</summary>
    public void AddNewHugeAnon(ref MmStruct mm, uint head, int anonVma, ulong index)
    {
        for (uint i = 0; i < HugePage.Frames; i++)
        {
            ref PageFrame frame = ref memMap[head + i];
            frame.Flags |= PageFlags.Anon | PageFlags.SwapBacked | (i == 0 ? PageFlags.Head | PageFlags.AnonExclusive : PageFlags.Tail);
            frame.Mapping = anonVma;
            frame.Index = index + i;
        }

        EntireMapCount(head) = 1;
        mm.Rss.AnonPages += HugePage.Frames;
        stat.NrAnonPages += HugePage.Frames;
        stat.NrAnonTransparentHugepages++;
        lru.Memcgs.Count(memMap[head].Memcg, MemcgStat.Anon, HugePage.Frames);
        lru.Memcgs.Count(memMap[head].Memcg, MemcgStat.AnonThp, HugePage.Frames);
    }

    /// <summary>Maps a page once more by a last-level entry, with a reference (folio_get, folio_add_*_rmap_pte, folio_dup_*_rmap_pte).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ref MmStruct mm, uint pfn)
    {
        ref PageFrame frame = ref memMap[pfn];
        if ((frame.Flags & PageFlags.Tail) != 0)
            memMap[memMap.Head(pfn)].RefCount++;
        else
            frame.RefCount++;
        bool first = frame.MapCount++ == 0 && !IsHugeMapped(pfn, frame.Flags);
        if ((frame.Flags & PageFlags.Anon) != 0)
        {
            mm.Rss.AnonPages++;
            if (first)
                CountAnon(pfn, 1);
            return;
        }

        CountFile(ref mm, frame.Flags, 1);
        if (first)
            CountMapped(in frame, 1);
    }

    /// <summary>
    /// The common case at fork: maps a small anonymous page that is mapped already once more, with a reference, so that
    /// it belongs to nobody alone (folio_try_dup_anon_rmap_pte). The caller counts the rss.
    /// </summary>
    /// <returns>False when the frame is another kind; nothing is changed then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAddAnon(uint pfn)
    {
        ref PageFrame frame = ref memMap[pfn];
        PageFlags flags = frame.Flags;
        if ((flags & (PageFlags.Anon | PageFlags.Head | PageFlags.Tail)) != PageFlags.Anon || frame.MapCount == 0)
            return false;
        frame.Flags = flags & ~PageFlags.AnonExclusive;
        frame.RefCount++;
        frame.MapCount++;
        return true;
    }

    /// <summary>Whether any entry maps a page or, of a huge page, any of its frames as such (folio_mapped).</summary>
    public bool IsMapped(uint pfn)
    {
        if ((memMap[pfn].Flags & PageFlags.Head) == 0)
            return memMap[pfn].MapCount != 0;
        if (EntireMapCount(pfn) != 0)
            return true;
        for (uint i = 0; i < HugePage.Frames; i++)
        {
            if (memMap[pfn + i].MapCount != 0)
                return true;
        }

        return false;
    }

    /// <summary>Maps a page that came from swap (page_add_anon_rmap), with a reference. One that is anonymous already keeps its anon_vma.</summary>
    public void AddAnon(ref MmStruct mm, uint pfn, int anonVma, ulong index, bool isExclusive)
    {
        ref PageFrame frame = ref memMap[pfn];
        if ((frame.Flags & PageFlags.Anon) == 0)
        {
            frame.Flags |= PageFlags.Anon;
            frame.Mapping = anonVma;
            frame.Index = index;
        }

        if (isExclusive)
            frame.Flags |= PageFlags.AnonExclusive;
        Add(ref mm, pfn);
    }

    /// <summary>Unmaps a page from a last-level entry and drops the reference (folio_remove_rmap_pte, folio_put).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(ref MmStruct mm, uint pfn)
    {
        Unmap(ref mm, pfn);
        Put(pfn);
    }

    /// <summary>Unmaps a page from a last-level entry (folio_remove_rmap_pte). The entry's reference is the caller's now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Unmap(ref MmStruct mm, uint pfn)
    {
        ref PageFrame frame = ref memMap[pfn];
        bool last = --frame.MapCount == 0 && !IsHugeMapped(pfn, frame.Flags);
        if ((frame.Flags & PageFlags.Anon) != 0)
        {
            mm.Rss.AnonPages--;
            if (last)
                CountAnon(pfn, -1);
        }
        else
        {
            CountFile(ref mm, frame.Flags, -1);
            if (last)
                CountMapped(in frame, -1);
        }

        if (last && (frame.Flags & (PageFlags.Head | PageFlags.Tail)) != 0)
            NotePartlyMapped(memMap.Head(pfn));
    }

    /// <summary>Maps a 2 MiB page once more by a PMD entry, with a reference.</summary>
    public void AddHuge(ref MmStruct mm, uint head)
    {
        memMap[head].RefCount++;
        EntireMapCount(head)++;
        mm.Rss.AnonPages += HugePage.Frames;
    }

    /// <summary>Unmaps a 2 MiB page from a PMD entry (folio_remove_rmap_pmd). The entry's reference is the caller's now.</summary>
    public void UnmapHuge(ref MmStruct mm, uint head)
    {
        mm.Rss.AnonPages -= HugePage.Frames;
        if (--EntireMapCount(head) == 0)
        {
            CountThp(head, -1);
            for (uint i = 0; i < HugePage.Frames; i++)
            {
                if (memMap[head + i].MapCount == 0)
                    CountAnon(head, -1);
                else
                    NotePartlyMapped(head);
            }
        }
    }

    /// <summary>Turns one PMD mapping into 512 last-level ones of the same page (__split_huge_pmd_locked). The caller makes the entries.</summary>
    /// <param name="head">The huge page.</param>
    /// <param name="exclusive">Whether it belongs to one address space alone; then each piece does.</param>
    public void SplitMapping(uint head, bool exclusive)
    {
        for (uint i = 0; i < HugePage.Frames; i++)
        {
            ref PageFrame frame = ref memMap[head + i];
            frame.MapCount++;
            if (exclusive)
                frame.Flags |= PageFlags.AnonExclusive;
        }

        memMap[head].RefCount += (int)HugePage.Frames - 1;
        if (--EntireMapCount(head) == 0)
            CountThp(head, -1);
    }

    /// <summary>Locks a page in memory or lets it go (mlock_folio, munlock_folio); a huge page counts as a whole.</summary>
    public void Mlock(uint pfn, bool locks)
    {
        uint head = memMap.Head(pfn);
        ref PageFrame frame = ref memMap[head];
        if ((frame.Flags & PageFlags.Mlocked) != 0 == locks)
            return;
        frame.Flags ^= PageFlags.Mlocked;
        long pages = (frame.Flags & PageFlags.Head) != 0 ? HugePage.Frames : 1;
        stat.NrMlock += locks ? pages : -pages;
        lru.UpdateEvictable(head);
    }

    /// <summary>Takes a reference (folio_get).</summary>
    public void Get(uint pfn) => memMap[memMap.Head(pfn)].RefCount++;

    /// <summary>Drops a reference; the last one frees the frame or the whole huge page (folio_put).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(uint pfn)
    {
        ref PageFrame frame = ref memMap[pfn];
        if ((frame.Flags & (PageFlags.Head | PageFlags.Tail)) != 0)
            PutHuge(memMap.Head(pfn));
        else if (--frame.RefCount == 0)
            lru.Free(pfn);
    }

    /// <summary>How many PMD entries map a 2 MiB page (folio_entire_mapcount); kept in its second frame, as Linux does.</summary>
    public ref uint EntireMapCount(uint head) => ref memMap[head + 1].Next;

    private static void CountFile(ref MmStruct mm, PageFlags flags, int change)
    {
        if ((flags & PageFlags.SwapBacked) != 0)
            mm.Rss.ShmemPages += change;
        else
            mm.Rss.FilePages += change;
    }

    /// <summary>NR_ANON_MAPPED of the machine and of who pays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountAnon(uint pfn, int change)
    {
        stat.NrAnonPages += change;
        lru.Memcgs.Count(memMap[memMap.Head(pfn)].Memcg, MemcgStat.Anon, change);
    }

    private void CountMapped(in PageFrame frame, int change)
    {
        stat.NrMapped += change;
        lru.Memcgs.Count(frame.Memcg, MemcgStat.FileMapped, change);
    }

    private void CountThp(uint head, int change)
    {
        stat.NrAnonTransparentHugepages += change;
        lru.Memcgs.Count(memMap[head].Memcg, MemcgStat.AnonThp, change * HugePage.Frames);
    }

    private bool IsHugeMapped(uint pfn, PageFlags flags) =>
        (flags & (PageFlags.Head | PageFlags.Tail)) != 0 && EntireMapCount(memMap.Head(pfn)) != 0;

    private void NotePartlyMapped(uint head)
    {
        if ((memMap[head].Flags & PageFlags.PartlyMapped) != 0)
            return;
        memMap[head].Flags |= PageFlags.PartlyMapped;
        stat.ThpDeferredSplitPage++;
    }

    private void PutHuge(uint head)
    {
        if (--memMap[head].RefCount == 0)
            lru.Free(head);
    }
}
