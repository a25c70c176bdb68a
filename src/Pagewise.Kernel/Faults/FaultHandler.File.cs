using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

internal sealed partial class FaultHandler<TFormat>
{
    /// <summary>Pages that a read of a file brings in around the wanted one (read_ahead_kb 128).</summary>
    private const ulong ReadAroundPages = 32;

    /// <summary>Frames of the vdso and vvar images, kept from first use; looked up, never iterated.</summary>
    private readonly Dictionary<(VmaName Name, ulong Index), uint> _specialFrames = [];

    /// <summary>The first touch of a page of a file or of shared memory (do_fault).</summary>
    private FaultResult DoFault(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pte, bool write)
    {
        if (area.Name != VmaName.None)
            return SpecialMappingFault(ref area, ref mm, address, pte);
        if (!write)
            return DoReadFault(ref area, ref mm, address, pte);
        return (area.Flags & VmFlags.Shared) != 0
            ? DoSharedFault(ref area, ref mm, address, pte)
            : DoCowFault(vma, ref area, ref mm, address, pte);
    }

    /// <summary>A read: cached pages around the address are mapped with it; if the wanted one was among them, done (do_read_fault).</summary>
    private FaultResult DoReadFault(ref VmArea area, ref MmStruct mm, ulong address, ulong pte)
    {
        if (_faultAroundPages > 1 && FaultAround(ref area, ref mm, address, pte))
        {
            mm.Faults.File++;
            return FaultResult.None;
        }

        FaultResult result = FindPage(ref area, area.PageIndex(address), out uint pfn);
        if (pfn == 0)
            return result;
        _rmap.Add(ref mm, pfn);
        _tables.Store(pte, Pte<TFormat>.Make(pfn, PageProtection(area)));
        mm.Faults.File++;
        return result;
    }

    /// <summary>
    /// Maps the cached pages of a block around an address that have no entry yet, within the area, the table and the
    /// file (do_fault_around, filemap_map_pages). The block starts aligned or with the area, whichever is later, and has
    /// its full length from there.
    /// </summary>
    /// <returns>Whether the wanted page is now mapped.</returns>
    private bool FaultAround(ref VmArea area, ref MmStruct mm, ulong address, ulong pte)
    {
        ulong blockBytes = (ulong)_faultAroundPages << Pfn.Shift;
        ulong tableStart = address & ~(Pte<TFormat>.SizeAt(2) - 1);
        ulong start = Math.Max(Math.Max(address & ~(blockBytes - 1), tableStart), area.Start);
        ulong end = Math.Min(start + blockBytes, Math.Min(tableStart + Pte<TFormat>.SizeAt(2), area.End));
        ulong filePages = _inodes.Inodes[area.Inode].SizePages;
        ulong protection = PageProtection(area);
        bool found = false;
        for (ulong at = start; at < end; at += Pfn.SizeBytes)
        {
            ulong index = area.PageIndex(at);
            if (index >= filePages)
                break;
            ulong entryAt = pte + (ulong)((long)(at - address) >> Pfn.Shift) * (ulong)TFormat.EntryBytes;
            if (_tables.Load(entryAt) != 0)
                continue;
            uint pfn = _pages.Find(area.Inode, index, out _);
            if (pfn == 0)
                continue;
            _rmap.Add(ref mm, pfn);
            _tables.Store(entryAt, Pte<TFormat>.Make(pfn, protection));
            if (at == address)
                found = true;
            else
                mm.Faults.FaultAround++;
        }

        return found;
    }

    /// <summary>A write to a private mapping: the page is copied at once (do_cow_fault).</summary>
    private FaultResult DoCowFault(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pte)
    {
        if (!_anonVmas.Prepare(vma))
            return FaultResult.Oom;
        uint copy = _allocator.AllocPages(Gfp.UserPage, 0);
        if (copy == 0)
            return FaultResult.Oom;
        FaultResult result = FindPage(ref area, area.PageIndex(address), out uint pfn);
        if (pfn == 0)
        {
            _rmap.Put(copy);
            return result;
        }

        _memMap.Copy(copy, pfn);
        _rmap.AddNewAnon(ref mm, copy, area.AnonVma, area.PageIndex(address));
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
        _rmap.Add(ref mm, pfn);
        _memMap[pfn].Flags |= PageFlags.Dirty;
        _tables.Store(pte, Pte<TFormat>.Make(pfn, PageProtection(area) | PteBits.Write | PteBits.Dirty));
        mm.Faults.File++;
        return result;
    }

    /// <summary>
    /// The page-cache page of an index (filemap_fault, shmem_fault): cached, or read with its neighbours, or new for
    /// shared memory. Readahead is one window around the page; its growth for sequential use is not modelled.
    /// </summary>
    private FaultResult FindPage(ref VmArea area, ulong index, out uint pfn)
    {
        int inode = area.Inode;
        pfn = 0;
        ulong filePages = _inodes.Inodes[inode].SizePages;
        if (index >= filePages)
            return FaultResult.Bus;
        pfn = _pages.Find(inode, index, out bool noMemory);
        if (pfn != 0 || noMemory)
            return pfn != 0 ? FaultResult.None : FaultResult.Oom;
        if (_inodes.Inodes[inode].Kind == InodeKind.Shmem)
        {
            pfn = _pages.Add(inode, index);
            return pfn != 0 ? FaultResult.None : FaultResult.Oom;
        }

        pfn = _pages.Add(inode, index);
        if (pfn == 0)
            return FaultResult.Oom;
        if ((area.Flags & VmFlags.RandRead) == 0)
        {
            ulong start = index - Math.Min(index, ReadAroundPages / 2);
            ulong end = Math.Min(start + ReadAroundPages, filePages);
            for (ulong i = start; i < end; i++)
            {
                if (!_pages.IsCached(inode, i) && _pages.Add(inode, i) == 0)
                    break;
            }
        }

        _stat.PgMajFault++;
        return FaultResult.Major;
    }

    /// <summary>A page of the vdso or of its data (special_mapping_fault): the same frames in every address space.</summary>
    private FaultResult SpecialMappingFault(ref VmArea area, ref MmStruct mm, ulong address, ulong pte)
    {
        uint pfn = SpecialFrame(area.Name, area.PageIndex(address));
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
