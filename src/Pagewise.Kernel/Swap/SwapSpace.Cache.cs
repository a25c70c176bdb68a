using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;

namespace Pagewise.Kernel.Swap;

/// <content>The swap cache (mm/swap_state.c): pages that have a slot, on their way out or in, or that are the same in both places.</content>
public sealed partial class SwapSpace
{
    /// <summary>The frame that the swap cache has for a slot; 0: none.</summary>
    public uint Find(SwpEntry entry)
    {
        ulong cached = Slot(entry).Cache;
        return LruLists.IsShadow(cached) ? 0 : (uint)cached;
    }

    /// <summary>What a page that left memory left in the swap cache; 0: nothing (get_shadow_from_swap_cache).</summary>
    internal ulong ShadowOf(SwpEntry entry)
    {
        ulong cached = Slot(entry).Cache;
        return LruLists.IsShadow(cached) ? cached : 0;
    }

    /// <summary>The slot of a page in the swap cache (folio_swap_entry).</summary>
    public SwpEntry EntryOf(uint pfn) => SwpEntry.Unpack(_entryOf[pfn]);

    /// <summary>Gives an anonymous page a slot and puts it into the swap cache, dirty (add_to_swap). False when swap is full.</summary>
    internal bool AddToSwap(uint pfn)
    {
        SwpEntry entry = AllocateSlot(pfn);
        if (entry.IsNone)
            return false;
        _ = Add(pfn, entry);
        _memMap[pfn].Flags |= PageFlags.Dirty;
        return true;
    }

    /// <summary>Puts a page into the swap cache at a slot that is marked as the cache's (add_to_swap_cache).</summary>
    /// <returns>The shadow that stood there.</returns>
    internal ulong Add(uint pfn, SwpEntry entry)
    {
        SwapArea area = _areas[entry.Type]!;
        ref SwapSlot slot = ref area.Slots[entry.Offset];
        ulong shadow = slot.Cache;
        if (shadow != 0)
            area.Shadows--;
        slot.Cache = pfn;
        slot.HasCache = true;
        ref PageFrame frame = ref _memMap[pfn];
        frame.RefCount++;
        frame.Flags |= PageFlags.SwapCache;
        _entryOf[pfn] = entry.Packed;
        _stat.NrFilePages++;
        _stat.NrSwapCached++;
        _lru.Memcgs.Count(frame.Memcg, MemcgStat.SwapCached, 1);
        return shadow;
    }

    /// <summary>
    /// Takes a page out of the swap cache (__delete_from_swap_cache, put_swap_folio): the slot goes free if nothing names
    /// it. The cache's reference is the caller's to drop.
    /// </summary>
    /// <param name="pfn">The page.</param>
    /// <param name="shadow">What to leave in its place; 0: nothing.</param>
    internal void Remove(uint pfn, ulong shadow)
    {
        SwpEntry entry = EntryOf(pfn);
        SwapArea area = _areas[entry.Type]!;
        ref SwapSlot slot = ref area.Slots[entry.Offset];
        slot.Cache = shadow;
        if (shadow != 0)
            area.Shadows++;
        _memMap[pfn].Flags &= ~PageFlags.SwapCache;
        _entryOf[pfn] = 0;
        _stat.NrFilePages--;
        _stat.NrSwapCached--;
        _lru.Memcgs.Count(_memMap[pfn].Memcg, MemcgStat.SwapCached, -1);
        if (slot.Count == 0)
            FreeSlot(entry);
        else
            slot.HasCache = false;
    }

    /// <summary>
    /// Takes a page out of the swap cache if no entry names its slot and it is not being written (folio_free_swap): it is
    /// dirty then, for the slot is lost. Drops the cache's reference, which may be the last.
    /// </summary>
    internal bool TryFree(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & (PageFlags.SwapCache | PageFlags.Writeback)) != PageFlags.SwapCache || Slot(EntryOf(pfn)).Count != 0)
            return false;
        Remove(pfn, 0);
        frame.Flags |= PageFlags.Dirty;
        _lru.Put(pfn);
        return true;
    }

    /// <summary>Pages in the swap cache that no page table maps. Looks at every slot up to the highest in use.</summary>
    public long CountUnmappedCached()
    {
        long left = _stat.NrSwapCached;
        long unmapped = 0;
        for (int type = 0; type < _areas.Length; type++)
        {
            for (uint offset = 1; offset <= (_areas[type]?.Pages ?? 0) && left > 0; offset++)
            {
                uint pfn = Find(new SwpEntry(type, offset));
                if (pfn == 0)
                    continue;
                left--;
                unmapped += _memMap[pfn].MapCount == 0 ? 1 : 0;
            }
        }

        return unmapped;
    }

    /// <summary>Counts and compares what the areas, the cache and the totals say. For tests.</summary>
    /// <param name="countOf">How often entries name a slot, counted anew.</param>
    /// <exception cref="InvalidOperationException">They disagree; the message says where.</exception>
    internal void Validate(Func<SwpEntry, uint> countOf)
    {
        long cached = 0;
        long used = 0;
        for (int type = 0; type < _areas.Length; type++)
        {
            if (_areas[type] is not { } area)
                continue;
            uint inUse = 0;
            uint shadows = 0;
            for (uint offset = 1; offset <= area.Pages; offset++)
            {
                var entry = new SwpEntry(type, offset);
                ref SwapSlot slot = ref area.Slots[offset];
                uint named = countOf(entry);
                if (slot.Count != named)
                    throw new InvalidOperationException($"swap slot {type}:{offset} is named {named} times, its count says {slot.Count}");
                if (slot.Count != 0 || slot.HasCache)
                    inUse++;
                if (area.Free[offset] != (slot.Count == 0 && !slot.HasCache))
                    throw new InvalidOperationException($"swap slot {type}:{offset}, named {slot.Count} times, is wrong in the index of free slots");
                ulong shadow = ShadowOf(entry);
                if (shadow != 0)
                {
                    shadows++;
                    if (!_lru.IsKnownShadow(shadow) || slot.Count + (slot.HasCache ? 1 : 0) == 0)
                        throw new InvalidOperationException($"swap slot {type}:{offset} has the shadow {shadow:x}, which is of no node and cgroup, or of a free slot");
                }

                uint pfn = Find(entry);
                if (pfn == 0)
                    continue;
                cached++;
                if ((_memMap[pfn].Flags & PageFlags.SwapCache) == 0 || EntryOf(pfn) != entry || !slot.HasCache)
                    throw new InvalidOperationException($"swap slot {type}:{offset} and frame {pfn:x} ({_memMap[pfn].Flags}) disagree about the swap cache");
            }

            if (inUse != area.InUsePages)
                throw new InvalidOperationException($"{inUse} slots of swap area {type} are in use, its count says {area.InUsePages}");
            if (shadows != area.Shadows)
                throw new InvalidOperationException($"{shadows} slots of swap area {type} have shadows, its count says {area.Shadows}");
            used += inUse;
        }

        if (cached != _stat.NrSwapCached)
            throw new InvalidOperationException($"{cached} pages are in the swap cache, nr_swapcached says {_stat.NrSwapCached}");
        if (used != UsedPages)
            throw new InvalidOperationException($"{used} slots are in use, nr_swap_pages says {UsedPages}");
    }
}
