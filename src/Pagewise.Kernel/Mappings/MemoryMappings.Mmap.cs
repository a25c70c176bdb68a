using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>MAP_* flags that MAP_SHARED and MAP_PRIVATE know (LEGACY_MAP_MASK); MAP_SHARED_VALIDATE refuses others.</summary>
    private const MapFlags LegacyMapMask = MapFlags.Shared | MapFlags.Private | MapFlags.Fixed | MapFlags.Anonymous
        | MapFlags.DenyWrite | MapFlags.Executable | MapFlags.Uninitialized | MapFlags.GrowsDown | MapFlags.Locked
        | MapFlags.NoReserve | MapFlags.Populate | MapFlags.NonBlock | MapFlags.Stack | MapFlags.HugeTlb | MapFlags.Bit32
        | MapFlags.Above4G | (MapFlags)HugeTlbSizeMask;

    private const uint HugeTlbSizeMask = 31u << 26;
    private const VmFlags MayAccess = VmFlags.MayRead | VmFlags.MayWrite | VmFlags.MayExec;

    /// <summary>Maps memory and faults it in where MAP_POPULATE or a lock asks for it (vm_mmap_pgoff).</summary>
    /// <param name="current">The caller.</param>
    /// <param name="file">The open file; 0 for anonymous memory.</param>
    /// <param name="address">Address or hint.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="prot">Protection.</param>
    /// <param name="flags">MAP_* flags.</param>
    /// <param name="pgOff">Offset in the file, in pages.</param>
    public SysResult Mmap(in Current current, int file, ulong address, ulong length, Prot prot, MapFlags flags, ulong pgOff)
    {
        SysResult result = DoMmap(in current, file, address, length, prot, flags, pgOff, out ulong populate);
        if (!result.IsError && populate != 0)
            _pageTables.Populate(current.Mm, result.Address, result.Address + populate, ignoreErrors: true);
        return result;
    }

    /// <summary>Checks, places and makes a mapping (do_mmap).</summary>
    private SysResult DoMmap(in Current current, int file, ulong address, ulong length, Prot prot, MapFlags flags, ulong pgOff, out ulong populate)
    {
        populate = 0;
        if (length == 0)
            return Errno.EINVAL;
        if ((prot & Prot.Read) != 0 && (current.Personality & Personality.ReadImpliesExec) != 0)
            prot |= Prot.Exec;
        if ((flags & MapFlags.FixedNoReplace) != 0)
            flags |= MapFlags.Fixed;
        if ((flags & MapFlags.Fixed) == 0)
            address = RoundHintToMin(address);
        length = PageAlign(length);
        if (length == 0)
            return Errno.ENOMEM;
        if (pgOff + (length >> 12) < pgOff)
            return Errno.EOVERFLOW;
        ref readonly MmStruct space = ref _mms[current.Mm];
        if (space.MapCount > _settings.MaxMapCount)
            return Errno.ENOMEM;

        VmFlags vmFlags = ProtBits(prot) | FlagBits(flags) | space.DefFlags | MayAccess;
        SysResult place = _unmappedArea.Get(in current, PlacementOf(file, flags), address, length, pgOff, flags, HugePageShiftOf(file));
        if (place.IsError)
            return place;
        address = place.Address;
        if ((flags & MapFlags.FixedNoReplace) != 0 && _tree.FindIntersection(current.Mm, address, address + length) != 0)
            return Errno.EEXIST;
        if ((flags & MapFlags.Locked) != 0 && !MmAccount.CanDoMlock(in current))
            return Errno.EPERM;
        if (!_account.MlockFutureOk(in current, vmFlags, length))
            return Errno.EAGAIN;

        Errno error = file != 0
            ? CheckFile(file, prot, flags, length, pgOff, ref vmFlags)
            : CheckAnonymous(flags, address, ref pgOff, ref vmFlags);
        if (error != Errno.None)
            return error;
        if ((flags & MapFlags.NoReserve) != 0 && (_settings.OvercommitMemory != 2 || HugePageShiftOf(file) != 0))
            vmFlags |= VmFlags.NoReserve;
        SysResult result = MmapRegion(in current, file, address, length, vmFlags, pgOff);
        if (!result.IsError
            && ((vmFlags & VmFlags.Locked) != 0 || (flags & (MapFlags.Populate | MapFlags.NonBlock)) == MapFlags.Populate))
            populate = length;
        return result;
    }

    private ulong RoundHintToMin(ulong hint)
    {
        hint &= PageMask;
        return hint != 0 && hint < _settings.LowestPlacement ? PageAlign(_settings.LowestPlacement) : hint;
    }

    /// <summary>calc_vm_prot_bits: read, write and execute; PROT_SEM and unknown bits mean nothing.</summary>
    private static VmFlags ProtBits(Prot prot) => (VmFlags)(uint)(prot & (Prot.Read | Prot.Write | Prot.Exec));

    /// <summary>calc_vm_flag_bits.</summary>
    private VmFlags FlagBits(MapFlags flags)
    {
        VmFlags bits = VmFlags.None;
        if ((flags & MapFlags.GrowsDown) != 0)
            bits |= VmFlags.GrowsDown;
        if ((flags & MapFlags.Locked) != 0)
            bits |= VmFlags.Locked;
        if ((flags & MapFlags.Sync) != 0)
            bits |= VmFlags.Sync;
        if ((flags & MapFlags.Stack) != 0 && _features.MapStackIsNoHugePage)
            bits |= VmFlags.NoHugePage;
        return bits;
    }

    private Placement PlacementOf(int file, MapFlags flags)
    {
        bool shared = (flags & MapFlags.Shared) != 0;
        if (file == 0)
            return shared ? Placement.Plain : Placement.Anonymous;
        return _inodes.Inodes[_files.Files[file].Inode].Kind switch
        {
            InodeKind.Regular => Placement.Thp,
            InodeKind.HugeTlb => Placement.HugeTlb,
            InodeKind.DevZero when !shared && _features.MapsDevZeroForThp => Placement.Thp,
            _ => Placement.Plain,
        };
    }

    private int HugePageShiftOf(int file) => file == 0 ? 0 : _inodes.Inodes[_files.Files[file].Inode].HugePageShift;

    /// <summary>What do_mmap asks of a file mapping, in Linux's order.</summary>
    private Errno CheckFile(int fileId, Prot prot, MapFlags flags, ulong length, ulong pgOff, ref VmFlags vmFlags)
    {
        ref readonly OpenFile file = ref _files.Files[fileId];
        ref readonly Inode inode = ref _inodes.Inodes[file.Inode];
        if (!FileMmapOk(in inode, pgOff, length))
            return Errno.EOVERFLOW;
        if (inode.Kind == InodeKind.Shmem)
        {
            Errno sealError = CheckSeals((FileSeals)inode.Seals, flags, ref vmFlags, prot);
            if (sealError != Errno.None)
                return sealError;
        }

        MapFlags type = flags & MapFlags.TypeMask;
        if (type == MapFlags.Shared || inode.Kind == InodeKind.Regular)
            flags &= ~MapFlags.Sync; // the file system itself refuses it
        if (type == MapFlags.Shared)
            flags &= LegacyMapMask;
        switch (type)
        {
            case MapFlags.Shared:
            case MapFlags.SharedValidate:
                if ((flags & ~(LegacyMapMask | MapFlags.TypeMask)) != 0)
                    return Errno.EOPNOTSUPP;
                if ((prot & Prot.Write) != 0 && !file.CanWrite)
                    return Errno.EACCES;
                vmFlags |= VmFlags.Shared | VmFlags.MayShare;
                if (!file.CanWrite)
                    vmFlags &= ~(VmFlags.MayWrite | VmFlags.Shared);
                goto case MapFlags.Private;
            case MapFlags.Private:
                if (!file.CanRead)
                    return Errno.EACCES;
                if (inode.Kind == InodeKind.NotMappable)
                    return Errno.ENODEV;
                return (vmFlags & VmFlags.GrowsDown) != 0 ? Errno.EINVAL : Errno.None;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>Whether the range lies within the largest offset that a file can have (file_mmap_ok).</summary>
    private static bool FileMmapOk(in Inode inode, ulong pgOff, ulong length)
    {
        // MAX_LFS_FILESIZE for regular files, all 64 bits for devices.
        ulong max = inode.Kind is InodeKind.DevZero or InodeKind.NotMappable ? ulong.MaxValue : long.MaxValue;
        if (length > max)
            return false;
        max -= length;
        return pgOff <= max >> 12;
    }

    /// <summary>memfd_check_seals_mmap: a write-sealed memfd has no writable shared mapping, and none that may become so.</summary>
    private static Errno CheckSeals(FileSeals seals, MapFlags flags, ref VmFlags vmFlags, Prot prot)
    {
        if ((flags & MapFlags.Shared) == 0 || (seals & (FileSeals.Write | FileSeals.FutureWrite)) == 0)
            return Errno.None;
        if ((prot & Prot.Write) != 0)
            return Errno.EPERM;
        vmFlags &= ~VmFlags.MayWrite;
        return Errno.None;
    }

    /// <summary>What do_mmap asks of an anonymous mapping.</summary>
    private Errno CheckAnonymous(MapFlags flags, ulong address, ref ulong pgOff, ref VmFlags vmFlags)
    {
        bool growsDown = (vmFlags & VmFlags.GrowsDown) != 0;
        switch (flags & MapFlags.TypeMask)
        {
            case MapFlags.Shared:
                if (growsDown)
                    return Errno.EINVAL;
                pgOff = 0;
                vmFlags |= VmFlags.Shared | VmFlags.MayShare;
                return Errno.None;
            case MapFlags.Droppable when _features.HasDroppable:
                if ((flags & (MapFlags.Locked | MapFlags.HugeTlb)) != 0 || growsDown)
                    return Errno.EINVAL;
                vmFlags |= VmFlags.Droppable | VmFlags.NoReserve | VmFlags.WipeOnFork | VmFlags.DontDump;
                goto case MapFlags.Private;
            case MapFlags.Private:
                pgOff = address >> 12;
                return Errno.None;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>Charged to the commit account: private writable memory without NORESERVE (accountable_mapping).</summary>
    private static bool IsAccountable(VmFlags flags) =>
        (flags & (VmFlags.NoReserve | VmFlags.Shared | VmFlags.Write)) == VmFlags.Write;

    /// <summary>
    /// Replaces what is mapped in a range by a new mapping (mmap_region). From 6.12 the limits are checked first, so a
    /// refused call leaves the old mappings, though split at its ends; before, it had already unmapped them.
    /// </summary>
    private SysResult MmapRegion(in Current current, int file, ulong address, ulong length, VmFlags flags, ulong pgOff)
    {
        int mm = current.Mm;
        ulong end = address + length;
        ulong pages = length >> 12;
        if (file != 0 && (flags & (VmFlags.Shared | VmFlags.MayWrite)) == (VmFlags.Shared | VmFlags.MayWrite)
            && ((FileSeals)_inodes.Inodes[_files.Files[file].Inode].Seals & FileSeals.Write) != 0)
            return Errno.EPERM;

        UnmapRange unmap = default;
        Errno error;
        if (_features.ChecksBeforeUnmapping)
        {
            error = GatherUnmap(mm, address, end, ref unmap);
            if (error != Errno.None)
                return error;
            if (!_account.MayExpand(in current, flags, pages - unmap.Pages))
                return Errno.ENOMEM;
        }
        else
        {
            if (!_account.MayExpand(in current, flags, pages) && !_account.MayExpand(in current, flags, pages - CountPages(mm, address, end)))
                return Errno.ENOMEM;
            if (DoMunmap(mm, address, length) != Errno.None)
                return Errno.ENOMEM;
            unmap.Next = _tree.FindVma(mm, address);
            unmap.Prev = _tree.Previous(mm, unmap.Next);
        }

        if (IsAccountable(flags) && HugePageShiftOf(file) == 0)
        {
            ulong charge = pages - unmap.Accounted;
            if (charge != 0 && !TryChargeSigned(in current, (long)charge))
                return Errno.ENOMEM;
            unmap.Accounted = 0;
            flags |= VmFlags.Account;
        }

        // mlockall(MCL_FUTURE) does not lock areas of such kinds, though they are populated (vma_supports_mlock).
        if ((flags & (VmFlags.Droppable | VmFlags.HugeTlb)) != 0)
            flags &= ~(VmFlags.Locked | VmFlags.LockOnFault);
        CompleteUnmap(mm, in unmap);
        error = NewMapping(in current, in unmap, file, address, end, ref flags, pgOff);
        if (error != Errno.None)
        {
            if ((flags & VmFlags.Account) != 0)
                _account.Uncharge(pages);
            return error;
        }

        _account.StatAccount(mm, flags, (long)pages);
        if ((flags & VmFlags.Locked) != 0)
            _mms[mm].LockedVm += pages;
        return SysResult.Of(address);
    }

    /// <summary>A charge may be negative: what is replaced was charged for more than what comes.</summary>
    private bool TryChargeSigned(in Current current, long pages)
    {
        if (pages > 0)
            return _account.TryCharge(in current, (ulong)pages);
        _account.Uncharge((ulong)-pages);
        return true;
    }

    /// <summary>Merges a range into a neighbour or makes an area for it.</summary>
    private Errno NewMapping(in Current current, in UnmapRange around, int file, ulong address, ulong end, ref VmFlags flags, ulong pgOff)
    {
        int mm = current.Mm;
        if ((flags & VmFlags.Sync) != 0 && file != 0 && _inodes.Inodes[_files.Files[file].Inode].Kind == InodeKind.Regular)
            return Errno.EOPNOTSUPP; // daxdev_mapping_supported
        int hugePageShift = HugePageShiftOf(file);
        if (hugePageShift != 0)
        {
            if ((pgOff & ((1UL << (hugePageShift - 12)) - 1)) != 0)
                return Errno.EINVAL;
            // The pool of huge pages is empty: nothing can be reserved.
            if ((flags & VmFlags.NoReserve) == 0)
                return Errno.ENOMEM;
            flags = (flags | VmFlags.HugeTlb | VmFlags.DontExpand) & ~LockedMask;
        }

        bool devZero = file != 0 && _inodes.Inodes[_files.Files[file].Inode].Kind == InodeKind.DevZero;
        bool shared = (flags & VmFlags.MayShare) != 0;
        var range = new MergeRange
        {
            Prev = around.Prev,
            Next = around.Next,
            Start = address,
            End = end,
            PgOff = pgOff,
            Flags = flags,
            File = file,
            AsksAreaAboveFirst = _features.MmapAsksAreaAboveFirst,
        };
        if (MergeNew(ref range) != 0)
            return Errno.None;

        int vma = NewArea(mm, address, end, flags, pgOff);
        if (vma == 0)
            return Errno.ENOMEM;
        if (shared && (file == 0 || devZero))
        {
            Errno error = ShmemZeroSetup(in current, end - address, flags, out file);
            if (error != Errno.None)
            {
                _spaces.VmaSlab.Free(vma);
                return error;
            }
        }
        else if (file != 0)
        {
            _files.Get(file);
        }

        ref VmArea area = ref _vmas[vma];
        area.File = file;
        if (file != 0)
        {
            area.Inode = _files.Files[file].Inode;
            area.IsDevZero = devZero && !shared;
            area.IsShm = _files.Files[file].IsShm;
        }

        _tree.Link(mm, vma, around.Prev, around.Next);
        if (area.Inode != 0)
            _files.LinkArea(vma);
        return Errno.None;
    }

    /// <summary>The shmem file behind shared anonymous memory (shmem_zero_setup), charged in full unless NORESERVE.</summary>
    private Errno ShmemZeroSetup(in Current current, ulong sizeBytes, VmFlags flags, out int file)
    {
        file = 0;
        int inode = CreateShmem(in current, "/dev/zero", _spaces.NextInode, sizeBytes, (flags & VmFlags.NoReserve) != 0, out Errno error);
        if (inode == 0)
            return error;
        _spaces.NextInode++;
        _inodes.Inodes[inode].IsDeleted = true;
        file = _files.Open(inode, OpenFlags.ReadWrite);
        _files.PutInode(inode);
        return Errno.None;
    }

    /// <summary>
    /// The hugetlbfs file behind MAP_HUGETLB memory (hugetlb_file_setup), open with one reference; 0 when no memory is
    /// left. Simplified: the pool of huge pages is empty, as it is until an administrator fills it, so an access gets SIGBUS.
    /// </summary>
    internal int OpenHugeTlb(in Current current, ulong sizeBytes, int hugePageShift)
    {
        const uint Device2MiB = 0x11;
        const uint Device1GiB = 0x12;
        int inode = _inodes.Create("/anon_hugepage", InodeKind.HugeTlb, hugePageShift == 21 ? Device2MiB : Device1GiB, _spaces.NextInode++, sizeBytes);
        if (inode == 0)
            return 0;
        _inodes.Inodes[inode].IsDeleted = true;
        _inodes.Inodes[inode].OwnerUid = current.Uid;
        _inodes.Inodes[inode].HugePageShift = (byte)hugePageShift;
        int file = _files.Open(inode, OpenFlags.ReadWrite);
        _files.PutInode(inode);
        return file;
    }

    /// <summary>A shmem inode on the kernel's own mount, device 00:01 (shmem_kernel_file_setup), with one reference.</summary>
    internal int CreateShmem(in Current current, string name, ulong number, ulong sizeBytes, bool noReserve, out Errno error)
    {
        error = Errno.ENOMEM;
        ulong pages = noReserve ? 0 : PageAlign(sizeBytes) >> 12;
        if (pages != 0 && !_account.TryCharge(in current, pages))
            return 0;
        int inode = _inodes.Create(name, InodeKind.Shmem, device: 1, number, sizeBytes);
        if (inode == 0)
        {
            _account.Uncharge(pages);
            return 0;
        }

        _inodes.Inodes[inode].ChargedPages = pages;
        _inodes.Inodes[inode].OwnerUid = current.Uid;
        error = Errno.None;
        return inode;
    }
}
