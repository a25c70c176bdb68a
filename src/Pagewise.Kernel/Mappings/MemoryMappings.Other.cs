using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>msync(2): MS_SYNC writes the dirty pages of shared file mappings.</summary>
    public SysResult Msync(in Current current, ulong start, ulong length, MsyncFlags flags)
    {
        if ((flags & ~(MsyncFlags.Async | MsyncFlags.Invalidate | MsyncFlags.Sync)) != 0
            || (start & ~PageMask) != 0
            || (flags & (MsyncFlags.Async | MsyncFlags.Sync)) == (MsyncFlags.Async | MsyncFlags.Sync))
            return Errno.EINVAL;
        ulong end = start + PageAlign(length);
        if (end < start)
            return Errno.ENOMEM;
        bool holes = false;
        int vma = _tree.FindVma(current.Mm, start);
        while (start < end)
        {
            if (vma == 0)
                return Errno.ENOMEM;
            ref readonly VmArea area = ref _vmas[vma];
            if (start < area.Start)
            {
                if (flags == MsyncFlags.Async || area.Start >= end)
                    return Errno.ENOMEM;
                holes = true;
            }

            if ((flags & MsyncFlags.Invalidate) != 0 && (area.Flags & VmFlags.Locked) != 0)
                return Errno.EBUSY;
            start = Math.Max(start, area.Start);
            if ((flags & MsyncFlags.Sync) != 0 && area.File != 0 && (area.Flags & VmFlags.Shared) != 0)
            {
                _pageTables.WriteBack(area.Inode, area.PageIndex(start) << 12, Math.Min(end, area.End) - start);
                // vfs_fsync_range of the file that is mapped.
                if (_files.TakeWritebackError(area.File) is not Errno.None and var error)
                    return error;
            }

            start = area.End;
            vma = area.Next;
        }

        return holes ? Errno.ENOMEM : SysResult.Ok;
    }

    /// <summary>mincore(2).</summary>
    /// <param name="current">The caller.</param>
    /// <param name="start">First address.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="vector">Where the program wants the result; it must be writable.</param>
    /// <param name="residency">One byte a page, as far as it reaches.</param>
    public SysResult Mincore(in Current current, ulong start, ulong length, ulong vector, Span<byte> residency)
    {
        ulong taskSize = _mms[current.Mm].TaskSize;
        if ((start & ~PageMask) != 0)
            return Errno.EINVAL;
        if (start + length < start || start + length > taskSize)
            return Errno.ENOMEM;
        ulong pages = (length >> 12) + ((length & ~PageMask) != 0 ? 1UL : 0);
        if (vector + pages < vector || vector + pages > taskSize)
            return Errno.EFAULT;
        Span<byte> batch = stackalloc byte[512];
        while (pages != 0)
        {
            int vma = _tree.Lookup(current.Mm, start);
            if (vma == 0)
                return Errno.ENOMEM;
            ref readonly VmArea area = ref _vmas[vma];
            int count = (int)Math.Min(Math.Min(pages, (area.End - start) >> 12), (ulong)batch.Length);
            if (CanDoMincore(in current, in area))
                _pageTables.Mincore(vma, start, start + ((ulong)count << 12), batch[..count]);
            else
                batch[..count].Fill(1);
            if (!IsWritable(current.Mm, vector, (ulong)count))
                return Errno.EFAULT;
            batch[..Math.Min(count, residency.Length)].CopyTo(residency);
            residency = residency[Math.Min(count, residency.Length)..];
            pages -= (ulong)count;
            vector += (ulong)count;
            start += (ulong)count << 12;
        }

        return SysResult.Ok;
    }

    /// <summary>
    /// Whether the caller may learn what of an area is cached (can_do_mincore): of a file only root and its owner.
    /// Simplified: a file's mode is 0644.
    /// </summary>
    private bool CanDoMincore(in Current current, in VmArea area) =>
        area.IsAnonymous || (area.File != 0 && (current.Uid == 0 || current.Uid == _inodes.Inodes[area.Inode].OwnerUid));

    /// <summary>Whether the program could write every byte of a range (copy_to_user); no page is faulted in.</summary>
    private bool IsWritable(int mm, ulong address, ulong length)
    {
        ulong end = address + length;
        while (address < end)
        {
            int vma = _tree.Lookup(mm, address);
            if (vma == 0 || (_vmas[vma].Flags & VmFlags.Write) == 0)
                return false;
            address = _vmas[vma].End;
        }

        return true;
    }

    /// <summary>mseal(2): seals a range without holes, whole areas at a time once split (do_mseal).</summary>
    public SysResult Mseal(in Current current, ulong start, ulong length, ulong flags)
    {
        if (!_features.HasMseal)
            return Errno.ENOSYS;
        if (flags != 0 || (start & ~PageMask) != 0)
            return Errno.EINVAL;
        ulong rounded = PageAlign(length);
        ulong end = start + rounded;
        if ((length != 0 && rounded == 0) || end < start)
            return Errno.EINVAL;
        if (end == start)
            return SysResult.Ok;
        if (!IsWhollyMapped(current.Mm, start, end))
            return Errno.ENOMEM;
        int vma = _tree.Lookup(current.Mm, start);
        while (start < end)
        {
            ulong stop = Math.Min(_vmas[vma].End, end);
            VmFlags vmFlags = _vmas[vma].Flags;
            if ((vmFlags & VmFlags.Sealed) == 0)
            {
                Errno error = ModifyFlags(vma, start, stop, vmFlags | VmFlags.Sealed, out vma);
                if (error != Errno.None)
                    return error;
                SetFlags(vma, vmFlags | VmFlags.Sealed);
            }

            start = stop;
            vma = _vmas[vma].End > start ? vma : _vmas[vma].Next;
        }

        return SysResult.Ok;
    }

    private bool IsWhollyMapped(int mm, ulong start, ulong end)
    {
        for (int vma = _tree.FindVma(mm, start); vma != 0 && _vmas[vma].Start <= start; vma = _vmas[vma].Next)
        {
            start = _vmas[vma].End;
            if (start >= end)
                return true;
        }

        return false;
    }

    /// <summary>remap_file_pages(2), emulated by a fixed mapping of the same file since 4.0.</summary>
    public SysResult RemapFilePages(in Current current, ulong start, ulong size, Prot prot, ulong pgOff, MapFlags flags)
    {
        start &= PageMask;
        size &= PageMask;
        if (prot != Prot.None || start + size <= start || pgOff + (size >> 12) < pgOff)
            return Errno.EINVAL;
        int vma = _tree.Lookup(current.Mm, start);
        if (vma == 0 || (_vmas[vma].Flags & VmFlags.Shared) == 0 || !IsOneMapping(vma, start + size))
            return Errno.EINVAL;
        ref readonly VmArea area = ref _vmas[vma];
        var access = (Prot)(uint)(area.Flags & VmFlags.AccessMask);
        flags = (flags & MapFlags.NonBlock) | MapFlags.Shared | MapFlags.Fixed | MapFlags.Populate;
        if ((area.Flags & VmFlags.Locked) != 0)
            flags |= MapFlags.Locked;
        int file = area.File;
        _files.Get(file);
        SysResult result = Mmap(in current, file, start, size, access, flags, pgOff);
        _files.Put(file);
        return result.IsError ? result : SysResult.Ok;
    }

    /// <summary>Whether the areas from one up to an address follow each other without a gap, of one file and with the same flags.</summary>
    private bool IsOneMapping(int vma, ulong end)
    {
        int first = vma;
        while (_vmas[vma].End < end)
        {
            int next = _vmas[vma].Next;
            if (next == 0
                || _vmas[next].Start != _vmas[vma].End
                || _vmas[next].File != _vmas[first].File
                || _vmas[next].Flags != _vmas[first].Flags)
                return false;
            vma = next;
        }

        return true;
    }
}
