using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override bool ReadFile(int inode, ulong offsetBytes, ulong lengthBytes)
    {
        ulong size = _inodes.Inodes[inode].SizeBytes;
        if (offsetBytes >= size || _inodes.Inodes[inode].Kind != InodeKind.Regular)
            return true;
        ulong end = offsetBytes + Math.Min(lengthBytes, size - offsetBytes);
        for (ulong index = offsetBytes >> Pfn.Shift; index << Pfn.Shift < end; index++)
        {
            if (!_pages.IsCached(inode, index) && _pages.Add(inode, index) == 0)
                return false;
        }

        return true;
    }

    public override bool WriteFile(int inode, ulong offsetBytes, ulong lengthBytes)
    {
        if (lengthBytes == 0 || _inodes.Inodes[inode].Kind is not (InodeKind.Regular or InodeKind.Shmem))
            return true;
        _inodes.Inodes[inode].WarmPages = Math.Min(_inodes.Inodes[inode].WarmPages, _inodes.Inodes[inode].SizePages);
        ulong last = (offsetBytes + lengthBytes - 1) >> Pfn.Shift;
        for (ulong index = offsetBytes >> Pfn.Shift; index <= last; index++)
        {
            uint pfn = _pages.Find(inode, index, out bool noMemory);
            if (pfn == 0 && !noMemory)
                pfn = _pages.Add(inode, index);
            if (pfn == 0)
                return false;
            _memMap[pfn].Flags |= PageFlags.Dirty;
        }

        return true;
    }

    public override void DropFilePages(int inode, ulong offsetBytes, ulong lengthBytes)
    {
        if (_inodes.Inodes[inode].Kind != InodeKind.Regular)
            return;
        ulong first = (offsetBytes + Pfn.SizeBytes - 1) >> Pfn.Shift;
        ulong end = lengthBytes == 0 ? ulong.MaxValue >> Pfn.Shift : (offsetBytes + lengthBytes) >> Pfn.Shift;
        if (first >= end)
            return;
        for (ulong index = first; ; index++)
        {
            uint pfn = _pages.NextFrame(inode, ref index, end - 1);
            if (pfn == 0)
                break;
            if (_memMap[pfn].MapCount == 0 && (_memMap[pfn].Flags & PageFlags.Dirty) == 0)
                _pages.Remove(inode, index, evicted: true);
        }

        _pages.EvictWarm(inode, first, end - 1);
    }
}
