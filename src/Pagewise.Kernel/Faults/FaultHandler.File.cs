using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

internal sealed partial class FaultHandler<TFormat>
{
    /// <summary>Frames of the vdso and vvar images, kept from first use; looked up, never iterated.</summary>
    private readonly SortedDictionary<(VmaName Name, ulong Index), uint> _specialFrames = [];

    /// <summary>Frames of the vdso and vvar, for the walker that counts references.</summary>
    public IEnumerable<uint> SpecialFrames => _specialFrames.Values;

    /// <summary>The first touch of a page of a file or of shared memory (do_fault).</summary>
    private FaultResult DoFault(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pte, bool write, bool isNewTable)
    {
        if (area.Name != VmaName.None)
            return SpecialMappingFault(ref area, ref mm, pte, address);
        if (!write)
            return DoReadFault(ref area, ref mm, address, pte, isNewTable);
        return (area.Flags & VmFlags.Shared) != 0
            ? DoSharedFault(ref area, ref mm, address, pte)
            : DoCowFault(vma, ref area, ref mm, address, pte);
    }

    /// <summary>
    /// A read: cached pages around the address are mapped with it; if the wanted one was among them, done. A page that
    /// had to be read is mapped by a second try, which maps its neighbours too (do_read_fault).
    /// </summary>
    private FaultResult DoReadFault(ref VmArea area, ref MmStruct mm, ulong address, ulong pte, bool isNewTable)
    {
        bool looksAround = _faultAroundPages > 1 && !area.IsShm; // shm_vm_ops has no map_pages
        FaultResult before = FaultResult.None;
        while (!looksAround || !FaultAround(ref area, ref mm, address, pte, isNewTable))
        {
            FaultResult result = FilemapFault(ref area, area.PageIndex(address), isRetry: before != FaultResult.None, out uint pfn);
            before |= result;
            if ((result & FaultResult.Retry) != 0)
                continue;
            if (pfn == 0)
                return before;
            FinishFault(ref area, ref mm, address, pte, pfn, PageProtection(area));
            break;
        }

        mm.Faults.File++;
        return before;
    }

    /// <summary>
    /// Maps the cached pages of a block around an address that have no entry yet, within the area, the table and the
    /// file (do_fault_around, filemap_map_pages). The block starts aligned or with the area, whichever is later, and has
    /// its full length from there; a large folio that it meets is mapped whole where <see cref="FolioFits"/>, but for
    /// the file's last. Linux 6.18 compares with the index of the last page where it means the one after it, and where
    /// that holds of the first folio met, the page table is not put in place either: then nothing is mapped when there
    /// was none (found by experiment).
    /// </summary>
    /// <returns>Whether the wanted page is now mapped.</returns>
    private bool FaultAround(ref VmArea area, ref MmStruct mm, ulong address, ulong pte, bool isNewTable)
    {
        ulong blockBytes = (ulong)_faultAroundPages << Pfn.Shift;
        ulong tableStart = address & ~(Pte<TFormat>.SizeAt(2) - 1);
        ulong start = Math.Max(Math.Max(address & ~(blockBytes - 1), tableStart), area.Start);
        ulong end = Math.Min(start + blockBytes, Math.Min(tableStart + Pte<TFormat>.SizeAt(2), area.End));
        ulong first = area.PageIndex(start);
        ulong filePages = _inodes.Inodes[area.Inode].SizePages;
        ulong last = Math.Min(area.PageIndex(end), filePages);
        ulong lastWhole = _inodes.Inodes[area.Inode].Kind == InodeKind.Shmem ? filePages : filePages - 1;
        bool isFirst = _features.MapsWholeFolios && isNewTable;
        ulong protection = PageProtection(area);
        ref FileRaState ra = ref _readahead[area.File];
        bool found = false;
        for (ulong index = first; index < last;)
        {
            uint pfn = FindReadable(area.Inode, index);
            ulong from = index;
            ulong to = index + 1;
            if (pfn != 0 && isFirst && _pages.FolioStart(pfn) + _pages.FolioPages(pfn) > lastWhole)
                return false;
            isFirst &= pfn == 0;
            if (pfn != 0 && _memMap[pfn].FolioOrder != 0)
            {
                to = _pages.FolioStart(pfn) + _pages.FolioPages(pfn);
                if (to <= lastWhole && FolioFits(area, address, pfn))
                    from = _pages.FolioStart(pfn);
                else
                    to = Math.Min(to, last);
            }

            index = to;
            if (pfn == 0)
                continue;
            ra.MmapMiss -= (uint)Math.Min(ra.MmapMiss, to - from);
            found |= MapPages(ref area, ref mm, address, pte, from, to, protection);
        }

        return found;
    }

    /// <summary>Maps cached pages [from, to) of a file where their entries are empty; the table is the one of an entry already found.</summary>
    /// <returns>Whether the address's own page was among them.</returns>
    private bool MapPages(ref VmArea area, ref MmStruct mm, ulong address, ulong pte, ulong from, ulong to, ulong protection)
    {
        ulong wanted = area.PageIndex(address);
        bool found = false;
        for (ulong index = from; index < to; index++)
        {
            ulong at = pte + ((index - wanted) * (ulong)TFormat.EntryBytes);
            if (_tables.Load(at) != 0)
                continue;
            uint pfn = _pages.Find(area.Inode, index, out _);
            if (pfn == 0)
                continue;
            _rmap.Add(ref mm, pfn);
            _tables.Store(at, Pte<TFormat>.Make(pfn, protection));
            if (index == wanted)
                found = true;
            else
                mm.Faults.FaultAround++;
        }

        return found;
    }

    /// <summary>Whether a large folio lies within the area, one last-level table and the file, so that all of it may be mapped.</summary>
    private bool FolioFits(in VmArea area, ulong address, uint pfn)
    {
        ulong first = _pages.FolioStart(pfn);
        ulong pages = _pages.FolioPages(pfn);
        if (!_features.MapsWholeFolios || first < area.PgOff || first + pages > area.PgOff + area.Pages)
            return false;
        ulong start = area.Start + ((first - area.PgOff) << Pfn.Shift);
        ulong tableStart = address & ~(Pte<TFormat>.SizeAt(2) - 1);
        return start >= tableStart
            && start + (pages << Pfn.Shift) <= tableStart + Pte<TFormat>.SizeAt(2)
            && first + pages <= _inodes.Inodes[area.Inode].SizePages;
    }

    /// <summary>Maps a page-cache page, and with it the rest of its folio when none of that has an entry (finish_fault).</summary>
    private void FinishFault(ref VmArea area, ref MmStruct mm, ulong address, ulong pte, uint pfn, ulong protection)
    {
        ulong wanted = area.PageIndex(address);
        ulong from = wanted;
        ulong to = wanted + 1;
        if (_memMap[pfn].FolioOrder != 0 && FolioFits(area, address, pfn))
        {
            ulong start = _pages.FolioStart(pfn);
            ulong end = start + _pages.FolioPages(pfn);
            if (AreEmpty(pte + ((start - wanted) * (ulong)TFormat.EntryBytes), end - start))
                (from, to) = (start, end);
        }

        MapPages(ref area, ref mm, address, pte, from, to, protection);
    }

    private bool AreEmpty(ulong firstEntry, ulong count)
    {
        for (ulong at = firstEntry; at < firstEntry + (count * (ulong)TFormat.EntryBytes); at += (ulong)TFormat.EntryBytes)
        {
            if (_tables.Load(at) != 0)
                return false;
        }

        return true;
    }

    /// <summary>A write to a private mapping: the page is copied at once (do_cow_fault).</summary>
    private FaultResult DoCowFault(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pte)
    {
        if (!_anonVmas.Prepare(vma))
            return FaultResult.Oom;
        uint copy = AllocUserPages(in area, address, Gfp.UserPage, 0);
        if (copy == 0)
            return FaultResult.Oom;
        FaultResult result = FindPage(ref area, area.PageIndex(address), out uint pfn);
        if (pfn == 0)
        {
            _rmap.Put(copy);
            return result;
        }

        _memMap.Copy(copy, pfn);
        _clock.CopiedPages++;
        AddNewAnon(ref area, ref mm, copy, address);
        _tables.Store(pte, Pte<TFormat>.Make(copy, PageProtection(area) | PteBits.Write | PteBits.Dirty));
        mm.Faults.CopyOnWrite++;
        return result;
    }

    /// <summary>A write to a shared mapping: the page itself, dirty (do_shared_fault).</summary>
    private FaultResult DoSharedFault(ref VmArea area, ref MmStruct mm, ulong address, ulong pte)
    {
        FaultResult result = FindPage(ref area, area.PageIndex(address), out uint pfn);
        if (pfn == 0)
            return result;
        PageMkWrite(area.Inode, pfn);
        FinishFault(ref area, ref mm, address, pte, pfn, PageProtection(area) | PteBits.Write | PteBits.Dirty);
        _writeback.Balance();
        mm.Faults.File++;
        return result;
    }

    /// <summary>
    /// The file hears that a page of it is stored to (do_page_mkwrite, ext4_page_mkwrite). Its own blocks may need memory for
    /// that: a reference keeps the page in the cache, but not what maps it.
    /// </summary>
    private void PageMkWrite(int inode, uint pfn)
    {
        _rmap.Get(pfn);
        _writeback.InodeTable.UpdateTime(inode);
        _rmap.Put(pfn);
        _pages.DirtyFolio(pfn);
    }

    /// <summary>The page-cache page of an index, after as many tries as it takes (filemap_fault, shmem_fault).</summary>
    private FaultResult FindPage(ref VmArea area, ulong index, out uint pfn)
    {
        FaultResult before = FaultResult.None;
        FaultResult result;
        do
        {
            result = FilemapFault(ref area, index, isRetry: before != FaultResult.None, out pfn);
            before |= result;
        }
        while ((result & FaultResult.Retry) != 0);
        return before;
    }

    /// <summary>
    /// One try to find the page-cache page of an index (filemap_fault, shmem_fault). A try that read from the device, or
    /// waited for it, gives the address space up meanwhile and ends with <see cref="FaultResult.Retry"/>; so does one
    /// that met a mark, for it started a read.
    /// </summary>
    private FaultResult FilemapFault(ref VmArea area, ulong index, bool isRetry, out uint pfn)
    {
        int inode = area.Inode;
        pfn = 0;
        if (index >= _inodes.Inodes[inode].SizePages)
            return FaultResult.Bus;
        pfn = _pages.Find(inode, index, out bool noMemory);
        if (noMemory)
            return FaultResult.Oom;
        if (_inodes.Inodes[inode].Kind == InodeKind.Shmem)
        {
            if (pfn == 0 && _pages.IsInSwap(inode, index))
                return FaultResult.Bus;
            if (pfn == 0)
                pfn = _pages.Add(inode, index);
            return pfn == 0 ? FaultResult.Oom : FaultResult.None;
        }

        FaultResult result = FaultResult.None;
        if (pfn != 0)
        {
            if (!isRetry && AsyncMmapReadahead(in area, pfn))
                result = FaultResult.Retry;
        }
        else
        {
            _stat.PgMajFault++;
            _memcgs.Count(_memcgs.Current, MemcgStat.PgMajFault, 1);
            result = FaultResult.Major;
            if (SyncMmapReadahead(in area, index))
                result |= FaultResult.Retry;
            pfn = _pages.FrameAt(inode, index);
            if (pfn == 0)
            {
                pfn = _pages.Add(inode, index);
                if (pfn == 0)
                    return FaultResult.Oom;
                _reads.Submit(inode, index, 1);
            }
        }

        if ((_memMap[pfn].Flags & PageFlags.Reading) != 0)
        {
            _reads.Wait(pfn);
            result |= FaultResult.Retry;
        }

        if ((_memMap[pfn].Flags & PageFlags.Error) != 0 && !_reads.WaitOrRetry(inode, index, pfn))
        {
            pfn = 0;
            return FaultResult.Bus;
        }

        if ((result & FaultResult.Retry) != 0 && _features.CountsRetriedFaults)
            _stat.PgFault++;
        _memcgs.Count(_memcgs.Current, MemcgStat.PgFault, 1);
        return result;
    }

    /// <summary>
    /// A fault missed (do_sync_mmap_readahead): reads ahead under MADV_SEQUENTIAL, nothing more under MADV_RANDOM or after
    /// many misses, else around the page.
    /// </summary>
    /// <returns>Whether something was read.</returns>
    private bool SyncMmapReadahead(in VmArea area, ulong index)
    {
        ref FileRaState ra = ref _readahead[area.File];
        if ((area.Flags & VmFlags.RandRead) != 0 || ra.RaPages == 0)
            return false;
        if ((area.Flags & VmFlags.SeqRead) != 0)
        {
            _readahead.Sync(ref ra, area.Inode, index, ra.RaPages);
            return true;
        }

        if (ra.MmapMiss < FileRaState.LotsOfMisses * 10)
            ra.MmapMiss++;
        if (ra.MmapMiss > FileRaState.LotsOfMisses)
            return false;
        _readahead.Around(ref ra, area.Inode, index);
        return true;
    }

    /// <summary>A fault found its page in the cache (do_async_mmap_readahead): at a mark the next window is read.</summary>
    /// <returns>Whether it was a mark.</returns>
    private bool AsyncMmapReadahead(in VmArea area, uint pfn)
    {
        ref FileRaState ra = ref _readahead[area.File];
        if ((area.Flags & VmFlags.RandRead) != 0 || ra.RaPages == 0)
            return false;
        if (ra.MmapMiss > 0)
            ra.MmapMiss--;
        if ((_memMap[pfn].Flags & PageFlags.Reclaim) == 0)
            return false;
        _readahead.Async(ref ra, area.Inode, pfn, ra.RaPages);
        return true;
    }

    /// <summary>The frame of a cached page that a fault may map without a question: read, and no mark on it (next_uptodate_folio); 0: there is none.</summary>
    private uint FindReadable(int inode, ulong index)
    {
        uint pfn = _pages.Find(inode, index, out _);
        return pfn != 0 && (_memMap[pfn].Flags & (PageFlags.Reading | PageFlags.Reclaim | PageFlags.Error)) == 0 ? pfn : 0;
    }

    /// <summary>
    /// A page of the vdso or of its data (special_mapping_fault): the same frames in every address space. Data pages
    /// that only a time namespace or Hyper-V would have give SIGBUS.
    /// </summary>
    private FaultResult SpecialMappingFault(ref VmArea area, ref MmStruct mm, ulong pte, ulong address)
    {
        ulong index = area.PageIndex(address);
        if (IsMissingVvarPage(area.Name, index))
            return FaultResult.Bus;
        uint pfn = SpecialFrame(area.Name, index);
        if (pfn == 0)
            return FaultResult.Oom;
        ulong protection = PageProtection(area);
        if ((area.Flags & VmFlags.PfnMap) != 0)
        {
            _tables.Store(pte, Pte<TFormat>.Make(pfn, protection | PteBits.Special));
        }
        else
        {
            _rmap.Add(ref mm, pfn);
            _tables.Store(pte, Pte<TFormat>.Make(pfn, protection));
        }

        mm.Faults.File++;
        return FaultResult.None;
    }

    /// <summary>
    /// vvar_fault: from 6.13 the pages are time, time namespace, random, architecture, and in [vvar_vclock] KVM's and
    /// Hyper-V's clock; before, time, KVM's clock, Hyper-V's clock, time namespace. The machine is a KVM guest.
    /// </summary>
    private bool IsMissingVvarPage(VmaName name, ulong index) => name switch
    {
        VmaName.Vvar => _features.HasVvarVclock ? index is 1 or >= 3 : index >= 2,
        VmaName.VvarVclock => index >= 1,
        _ => false,
    };

    private uint SpecialFrame(VmaName name, ulong index)
    {
        if (_specialFrames.TryGetValue((name, index), out uint pfn))
            return pfn;
        pfn = _allocator.AllocPages(Gfp.Kernel | Gfp.Zero, 0);
        if (pfn != 0)
            _specialFrames.Add((name, index), pfn);
        return pfn;
    }
}
