using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Faults;

internal sealed partial class FaultHandler<TFormat>
{
    /// <summary>
    /// A page that is in swap (do_swap_page, 6.1): from the swap cache, or read with its neighbours; read past the cache
    /// where the device answers at once and no other entry names the slot.
    /// </summary>
    private FaultResult DoSwapPage(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pte, ulong entry, bool write)
    {
        SwpEntry slot = Pte<TFormat>.SwapEntryOf(entry);
        var result = FaultResult.None;
        uint pfn = _swap.Get(slot, ref area.SwapReadahead, address);
        bool isCached = true;
        if (pfn != 0)
        {
            _memMap[pfn].RefCount++;
        }
        else
        {
            isCached = !_swap.IsSynchronous(slot) || _swap.Count(slot) != 1;
            bool isAlone = true;
            pfn = isCached ? SwapIn(ref area, address, pte, slot, out isAlone) : ReadPastCache(in area, address, slot);
            if (pfn == 0)
                return _tables.Load(pte) == entry ? FaultResult.Oom : FaultResult.None;
            result = FaultResult.Major;
            _stat.PgMajFault++;
            _memcgs.Count(_memcgs.Current, MemcgStat.PgMajFault, 1);
            // A single page is polled for; with neighbours the fault is tried again when it has come, unless it is there
            // before the CPU is done with handing the request over.
            if (!isAlone)
            {
                _swap.CompleteDue();
                if (_features.CountsRetriedFaults && (_memMap[pfn].Flags & PageFlags.Reading) != 0)
                    _stat.PgFault++;
            }
        }

        _swap.WaitForRead(pfn);
        if ((_memMap[pfn].Flags & PageFlags.Error) != 0)
        {
            // The entry stays: it is read again once the page has left the cache.
            _rmap.Put(pfn);
            return FaultResult.Bus;
        }

        if (isCached && write && (_memMap[pfn].Flags & PageFlags.Lru) == 0)
            _lru.Drain();
        if (_tables.Load(pte) != entry || (isCached && _swap.Find(slot) != pfn))
        {
            _rmap.Put(pfn);
            return result;
        }

        bool isExclusive = !isCached || (entry & TFormat.SwapExclusive) != 0;
        _swap.Free(slot);
        ref PageFrame frame = ref _memMap[pfn];
        if (isCached && MayGiveUpSlot(in area, in frame, write))
            _ = _swap.TryFree(pfn);
        mm.Rss.SwapEntries--;
        isExclusive |= frame.RefCount == 1;
        ulong bits = PageProtection(area);
        if (write && isExclusive)
        {
            bits |= PteBits.Dirty;
            if ((area.Flags & VmFlags.Write) != 0)
                bits |= PteBits.Write;
        }

        // A page that may be shared belongs to the oldest anon_vma, so that everyone's areas are found from it.
        int anonVma = isExclusive ? area.AnonVma : _anonVmaArena[area.AnonVma].Root;
        _rmap.AddAnon(ref mm, pfn, anonVma, area.PageIndex(address), isExclusive);
        if ((area.Flags & (VmFlags.Locked | VmFlags.Special)) == VmFlags.Locked)
            _rmap.Mlock(pfn, locks: true);
        ulong mapped = Pte<TFormat>.Make(pfn, bits);
        _tables.Store(pte, mapped);
        _rmap.Put(pfn);
        mm.Faults.Swap++;
        if (write && !isExclusive)
            result |= DoWpPage(vma, ref area, ref mm, address, pte, mapped);
        return result;
    }

    /// <summary>
    /// The page of a slot with its neighbours (swapin_readahead). By address (swap_vma_readahead) they are those of the area
    /// around, of one page table.
    /// </summary>
    /// <returns>Its frame in the swap cache, with a reference; 0: none is left.</returns>
    internal uint SwapIn(ref VmArea area, ulong address, ulong pte, SwpEntry slot, out bool isAlone)
    {
        if (!_swap.ReadsAheadByAddress)
            return _swap.ReadWithNeighbours(slot, out isAlone);
        address &= ~(ulong)(Pfn.SizeBytes - 1);
        uint pages = area.SwapReadahead.Next(address, _swap.MostPagesByAddress, out ulong start);
        isAlone = pages == 1;
        if (!isAlone)
        {
            ulong tableBytes = (ulong)Pfn.SizeBytes << TFormat.IndexBits;
            ulong table = address & ~(tableBytes - 1);
            ulong end = Math.Min(Math.Min(start + (pages * Pfn.SizeBytes), area.End), table + tableBytes);
            start = Math.Max(Math.Max(start, area.Start), table);
            ulong at = pte - (((address - start) >> Pfn.Shift) * (ulong)TFormat.EntryBytes);
            for (ulong here = start; here < end; here += Pfn.SizeBytes, at += (ulong)TFormat.EntryBytes)
            {
                ulong entry = _tables.Load(at);
                if (Pte<TFormat>.IsSwap(entry))
                    _swap.ReadInWindow(Pte<TFormat>.SwapEntryOf(entry), here == address);
            }

            _lru.Drain();
        }

        return _swap.ReadAsync(slot);
    }

    /// <summary>should_try_to_free_swap: the slot is of little use when swap is short, the page is locked, or it is about to be written by its only user.</summary>
    private bool MayGiveUpSlot(in VmArea area, in PageFrame frame, bool write)
    {
        const int cacheAndFault = 2;
        return (frame.Flags & PageFlags.SwapCache) != 0
            && (_swap.IsFullFor(in frame) || (area.Flags & VmFlags.Locked) != 0 || (frame.Flags & PageFlags.Mlocked) != 0 || (write && frame.RefCount == cacheAndFault));
    }

    /// <summary>A new page with a slot's bytes that never was in the swap cache.</summary>
    private uint ReadPastCache(in VmArea area, ulong address, SwpEntry slot)
    {
        uint pfn = AllocUncharged(in area, address, Gfp.UserPage, 0);
        if (pfn == 0)
            return 0;
        if (!_memcgs.ChargeSwapin(pfn, _swap.MemcgOf(slot), Gfp.UserPage))
        {
            _allocator.FreePages(pfn, 0);
            return 0;
        }

        _memMap[pfn].Flags |= PageFlags.SwapBacked;
        ulong shadow = _swap.ShadowOf(slot);
        if (shadow != 0)
            _lru.Refault(pfn, shadow);
        _lru.Add(pfn);
        _swap.Read(pfn, slot);
        return pfn;
    }
}
