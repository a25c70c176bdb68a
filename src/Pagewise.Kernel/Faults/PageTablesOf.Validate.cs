using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override void Validate()
    {
        Census census = new(_memMap.Count);
        census.References[_faults.ZeroPage]++;
        if (_faults.HugeZeroPage != 0)
            census.References[_faults.HugeZeroPage]++;
        foreach (uint pfn in _faults.SpecialFrames)
            census.References[pfn]++;
        foreach (uint pfn in _lru.WaitingFrames())
            census.References[pfn]++;
        foreach (uint pfn in _swap.CollectCompressedFrames())
            census.References[pfn]++;
        for (int mm = 1; mm < _mms.HighWater; mm++)
        {
            if (_mms[mm].Pgd != 0)
                ValidateSpace(mm, census);
        }

        for (int inode = 1; inode < _inodes.Inodes.HighWater; inode++)
            ValidateCache(inode, census);
        _pages.Validate();
        for (uint pfn = 1; pfn < _memMap.Count; pfn++)
        {
            if ((_memMap[pfn].Flags & PageFlags.SwapCache) != 0)
                census.References[pfn]++;
            ValidateFrame(pfn, census);
        }

        _swap.Validate(slot => census.Named.GetValueOrDefault((slot.Type, slot.Offset)));
        _lru.Validate();
        Walks?.Validate();
        Check(census.Writeback == _stat.NrWriteback, $"{census.Writeback} pages are being written, nr_writeback says {_stat.NrWriteback}");
        Check(census.AnonPages == _stat.NrAnonPages, $"{census.AnonPages} anonymous pages are mapped, nr_anon_pages says {_stat.NrAnonPages}");
        Check(census.FilePages == _stat.NrMapped, $"{census.FilePages} file pages are mapped, nr_mapped says {_stat.NrMapped}");
        Check(census.Tables == _stat.PageTableFrames, $"{census.Tables} page tables, the count says {_stat.PageTableFrames}");
        Check(census.Allocated + _allocator.FreePageCount == _allocator.TotalPages, $"{census.Allocated} frames are in use and {_allocator.FreePageCount} free of {_allocator.TotalPages}");
    }

    private static void Check(bool isRight, string wrong)
    {
        if (!isRight)
            throw new InvalidOperationException(wrong);
    }

    private void ValidateSpace(int mm, Census census)
    {
        ref MmStruct space = ref _mms[mm];
        census.Rss = default;
        census.TableBytes = 0;
        ValidateTable(mm, space.Pgd, TFormat.Levels, 0, census);
        Check(census.Rss.AnonPages == space.Rss.AnonPages, $"mm {mm}: {census.Rss.AnonPages} anonymous pages, rss says {space.Rss.AnonPages}");
        Check(census.Rss.FilePages == space.Rss.FilePages, $"mm {mm}: {census.Rss.FilePages} file pages, rss says {space.Rss.FilePages}");
        Check(census.Rss.ShmemPages == space.Rss.ShmemPages, $"mm {mm}: {census.Rss.ShmemPages} shmem pages, rss says {space.Rss.ShmemPages}");
        Check(census.Rss.SwapEntries == space.Rss.SwapEntries, $"mm {mm}: {census.Rss.SwapEntries} pages in swap, rss says {space.Rss.SwapEntries}");
        Check(census.TableBytes == space.PgtablesBytes, $"mm {mm}: tables of {census.TableBytes} bytes, pgtables_bytes says {space.PgtablesBytes}");
    }

    private void ValidateTable(int mm, uint table, int level, ulong covers, Census census)
    {
        ref PageFrame frame = ref _memMap[table];
        Check((frame.Flags & PageFlags.Table) != 0 && frame.MapCount == level, $"mm {mm}: frame {table:x} is no table of level {level}");
        census.References[table]++;
        census.Tables++;
        if (level <= 3 && level < TFormat.Levels)
            census.TableBytes += Pfn.SizeBytes;
        uint deposited = level == 2 ? frame.Next : 0;
        ulong at = (ulong)table << Pfn.Shift;
        for (ulong address = covers; at < ((ulong)table + 1) << Pfn.Shift; at += (ulong)TFormat.EntryBytes, address += Pte<TFormat>.SizeAt(level))
        {
            ulong entry = _tables.Load(at);
            if (entry == 0)
                continue;
            if (level > 1 && Pte<TFormat>.IsTable(entry))
            {
                ValidateTable(mm, Pte<TFormat>.PfnOf(entry), level - 1, address, census);
            }
            else if (Pte<TFormat>.IsPresent(entry))
            {
                ValidateLeaf(mm, address, level, entry, census);
                if (level == 2)
                {
                    Check(deposited != 0, $"mm {mm}: no table is put aside for the large entry of {address:x}");
                    ValidateTable(mm, deposited, 1, address, census);
                    deposited = _memMap[deposited].Next;
                }
            }
            else
            {
                if (Pte<TFormat>.IsSwap(entry) && level == 1)
                {
                    census.Rss.SwapEntries++;
                    census.Name(Pte<TFormat>.SwapEntryOf(entry));
                    continue;
                }

                Check(Pte<TFormat>.IsMarker(entry), $"mm {mm}: entry {entry:x} of {address:x} is no page, table, slot or marker");
            }
        }

        Check(deposited == 0, $"mm {mm}: a table too many is put aside under frame {table:x}");
    }

    private void ValidateLeaf(int mm, ulong address, int level, ulong entry, Census census)
    {
        int vma = _tree.FindVma(mm, address);
        Check(vma != 0 && _vmas[vma].Start <= address && _vmas[vma].End - address >= Pte<TFormat>.SizeAt(level), $"mm {mm}: {address:x} is mapped outside its area");
        ref VmArea area = ref _vmas[vma];
        bool isUsable = (entry & PteBits.Present) != 0;
        Check(isUsable == ((area.Flags & VmFlags.AccessMask) != 0), $"mm {mm}: {address:x} is {(isUsable ? "" : "not ")}usable in an area of {area.Flags}");
        Check((entry & PteBits.Write) == 0 || (area.Flags & VmFlags.Write) != 0, $"mm {mm}: {address:x} is writable in an area of {area.Flags}");
        uint pfn = Pte<TFormat>.PfnOf(entry);
        ref PageFrame frame = ref _memMap[pfn];
        if ((entry & PteBits.Special) != 0)
        {
            Check((entry & PteBits.Write) == 0, $"mm {mm}: {address:x} may write an uncounted frame");
            return;
        }

        uint pages = level == 1 ? 1 : HugePage.Frames;
        bool isAnon = (frame.Flags & PageFlags.Anon) != 0;
        census.References[_memMap.Head(pfn)]++;
        if (level == 1)
            census.Maps[pfn]++;
        else
            census.HugeMaps[pfn]++;
        if (isAnon)
        {
            census.Rss.AnonPages += pages;
            Check((area.Flags & VmFlags.Shared) == 0, $"mm {mm}: shared {address:x} has an anonymous page");
            Check((entry & PteBits.Write) == 0 || (frame.Flags & PageFlags.AnonExclusive) != 0, $"mm {mm}: {address:x} may write frame {pfn:x}, which is not its own");
            Check(frame.Mapping != 0 && area.AnonVma != 0, $"mm {mm}: {address:x} has no anon_vma");
            Check(frame.Index == area.PageIndex(address), $"mm {mm}: {address:x} maps anonymous page {frame.Index:x}, not {area.PageIndex(address):x}");
        }
        else
        {
            if ((frame.Flags & PageFlags.SwapBacked) != 0)
                census.Rss.ShmemPages++;
            else
                census.Rss.FilePages++;
            Check(area.Name != VmaName.None || (frame.Mapping == area.Inode && frame.Index == area.PageIndex(address)), $"mm {mm}: {address:x} maps page {frame.Index:x} of inode {frame.Mapping}");
            Check((entry & PteBits.Write) == 0 || (area.Flags & VmFlags.Shared) != 0, $"mm {mm}: private {address:x} may write the page cache");
        }
    }

    private void ValidateCache(int inode, Census census)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        long cached = 0;
        for (ulong index = 0; file.Pages.Head != 0; index++)
        {
            uint pfn = _pages.NextFrame(inode, ref index, LastPage);
            if (pfn == 0)
                break;
            cached++;
            census.References[pfn]++;
            ref PageFrame frame = ref _memMap[pfn];
            Check((frame.Flags & PageFlags.PageCache) != 0 && frame.Mapping == inode && frame.Index == index, $"inode {inode}: frame {pfn:x} is not its page {index:x}");
        }

        foreach (SwpEntry slot in _pages.SwapSlotsOf(inode))
            census.Name(slot);
        Check(cached == file.CachedPages, $"inode {inode}: {cached} pages are cached, nrpages says {file.CachedPages}");
    }

    private void ValidateFrame(uint pfn, Census census)
    {
        ref PageFrame frame = ref _memMap[pfn];
        bool isHuge = (frame.Flags & PageFlags.Head) != 0;
        // A slab's first frame and a page of a kernel stack have the allocator's reference.
        if ((frame.Flags & PageFlags.KernelStack) != 0 || ((frame.Flags & PageFlags.Slab) != 0 && frame.Mapping != 0))
            census.References[pfn]++;
        Check(frame.RefCount == census.References[pfn], $"frame {pfn:x} ({frame.Flags}) has {census.References[pfn]} references, its count says {frame.RefCount}");
        if ((frame.Flags & (PageFlags.Table | PageFlags.Slab)) == 0)
            Check(frame.MapCount == census.Maps[pfn], $"frame {pfn:x} ({frame.Flags}) is mapped {census.Maps[pfn]} times, its count says {frame.MapCount}");
        if (isHuge)
            Check(_rmap.EntireMapCount(pfn) == census.HugeMaps[pfn], $"huge page {pfn:x} is mapped {census.HugeMaps[pfn]} times whole, its count says {_rmap.EntireMapCount(pfn)}");
        int wholes = census.HugeMaps[_memMap.Head(pfn)];
        Check((frame.Flags & PageFlags.AnonExclusive) == 0 || census.Maps[pfn] + wholes <= 1, $"frame {pfn:x} is exclusive, yet mapped {census.Maps[pfn] + wholes} times");
        if ((frame.Flags & PageFlags.Allocated) != 0)
            census.Allocated++;
        if ((frame.Flags & PageFlags.Writeback) != 0)
            census.Writeback++;
        if (census.Maps[pfn] + wholes == 0)
            return;
        if ((frame.Flags & PageFlags.Anon) != 0)
            census.AnonPages++;
        else
            census.FilePages++;
    }

    /// <summary>What the walk has counted.</summary>
    private sealed class Census(uint frames)
    {
        public readonly SortedDictionary<(int Type, uint Offset), uint> Named = [];
        public readonly int[] References = new int[frames];
        public readonly int[] Maps = new int[frames];
        public readonly int[] HugeMaps = new int[frames];
        public RssCounters Rss;
        public ulong TableBytes;
        public long Tables;
        public long AnonPages;
        public long FilePages;
        public long Writeback;
        public ulong Allocated;

        public void Name(SwpEntry slot) => Named[(slot.Type, slot.Offset)] = Named.GetValueOrDefault((slot.Type, slot.Offset)) + 1;
    }
}
