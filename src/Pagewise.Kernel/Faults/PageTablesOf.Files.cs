using System.Numerics;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override bool WriteFile(int inode, ulong offsetBytes, ulong lengthBytes)
    {
        if (lengthBytes == 0 || _inodes.Inodes[inode].Kind is not (InodeKind.Regular or InodeKind.Shmem))
            return true;
        ref Inode file = ref _inodes.Inodes[inode];
        file.WarmPages = Math.Min(file.WarmPages, file.SizePages);
        ulong end = offsetBytes + lengthBytes;
        _writeback.InodeTable.UpdateTime(inode);
        for (ulong index = offsetBytes >> Pfn.Shift; index << Pfn.Shift < end; index++)
        {
            uint pfn = _pages.Find(inode, index, out bool noMemory);
            if (pfn == 0)
            {
                ulong at = Math.Max(index << Pfn.Shift, offsetBytes);
                ulong added = noMemory || _pages.IsInSwap(inode, index) ? 0 : _pages.AddFolio(inode, index, WriteOrder(file.Kind, index, end - at));
                if (added == 0)
                    return false;
                _clock.CachedPages += (long)added;
                pfn = _pages.Find(inode, index, out _);
                // What is not overwritten has to be there first (__block_write_begin).
                bool isPart = offsetBytes > index << Pfn.Shift || end < (index + 1) << Pfn.Shift;
                if (isPart && file.Kind == InodeKind.Regular && index < file.SizePages)
                    _reads.Submit(inode, index, 1);
            }

            if (!_reads.WaitOrRetry(inode, index, pfn))
                return false;
            _clock.TransferredPages++;
            _pages.MarkDirty(pfn);
            if (file.Kind == InodeKind.Regular)
                _writeback.Balance();
        }

        return true;
    }

    /// <summary>
    /// The order of the folio that a write of so many more bytes puts at an index (fgf_set_order): the largest power of
    /// two that the bytes fill and the index is aligned to, up to 2 MiB.
    /// </summary>
    private int WriteOrder(InodeKind kind, ulong index, ulong bytes)
    {
        if (kind != InodeKind.Regular || !_features.HasLargeExt4Folios || bytes < 2 * Pfn.SizeBytes)
            return 0;
        int order = Math.Min(BitOperations.Log2(bytes) - Pfn.Shift, HugePage.Order);
        return index == 0 ? order : Math.Min(order, BitOperations.TrailingZeroCount(index));
    }

    public override void WriteBack(int inode, ulong offsetBytes, ulong lengthBytes)
    {
        if (_inodes.Inodes[inode].Kind != InodeKind.Regular || lengthBytes == 0)
            return;
        ulong end = offsetBytes + lengthBytes < offsetBytes ? ulong.MaxValue : offsetBytes + lengthBytes;
        _writeback.WriteAndWait(inode, offsetBytes >> Pfn.Shift, (end - 1) >> Pfn.Shift);
    }

    /// <summary>Makes a page's entries read-only and clean, so that the next store is heard of (page_vma_mkclean_one).</summary>
    bool IPageMkclean.MkClean(int inode, ulong index)
    {
        bool wasDirty = false;
        for (int vma = _inodes.Inodes[inode].FirstMapping; vma != 0; vma = _vmas[vma].SharedNext)
        {
            ref VmArea area = ref _vmas[vma];
            if ((area.Flags & VmFlags.Shared) == 0 || index < area.PgOff || index >= area.PgOff + area.Pages)
                continue;
            ulong address = area.Start + ((index - area.PgOff) << Pfn.Shift);
            ulong at = _tables.FindPte(area.Mm, address);
            ulong entry = at == 0 ? 0 : _tables.Load(at);
            if (!Pte<TFormat>.IsPresent(entry) || (entry & (PteBits.Dirty | PteBits.Write)) == 0)
                continue;
            _tables.Store(at, entry & ~(PteBits.Dirty | PteBits.Write));
            _cpus.FlushPage(area.Mm, address);
            wasDirty = true;
        }

        return wasDirty;
    }
}
