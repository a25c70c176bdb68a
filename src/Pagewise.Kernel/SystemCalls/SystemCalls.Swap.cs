using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.SystemCalls;

/// <content>Swap areas come and go while the machine runs (mm/swapfile.c, 6.1).</content>
public sealed partial class SystemCalls
{
    private const uint SwapFlagPriorityMask = 0x7fff;
    private const uint SwapFlagPrefer = 0x8000;
    private const uint SwapFlagsValid = 0x7ffff;

    /// <summary>
    /// swapon(2) of an area that the machine has but did not switch on, or of a file, which is taken to be made by mkswap
    /// over all of its length.
    /// </summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="path">The area's name in /proc/swaps.</param>
    /// <param name="flags">SWAP_FLAG_*: with PREFER the low 15 bits are the priority; discarding changes nothing here.</param>
    /// <param name="inode">The file of that name; 0: the caller knows none.</param>
    /// <returns>0, EINVAL, EPERM (not CAP_SYS_ADMIN, or 28 areas are on), ENOENT, EBUSY.</returns>
    public SysResult Swapon(int task, string path, uint flags, int inode = 0)
    {
        Enter(task);
        if ((flags & ~SwapFlagsValid) != 0)
            return Errno.EINVAL;
        if (!_tasks.Tasks[task].CapSysAdmin)
            return Errno.EPERM;
        if (_swap.TypeOf(path) >= 0)
            return Errno.EBUSY;
        if (_swap.FindKnown(path) is not { } area)
        {
            if (inode == 0)
                return Errno.ENOENT;
            ref readonly Inode file = ref _inodes.Inodes[inode];
            ulong pages = Math.Min(file.SizeBytes >> 12, uint.MaxValue);
            if (file.Kind != InodeKind.Regular || pages < 2)
                return Errno.EINVAL;
            area = new SwapAreaSpec((uint)pages) { Name = path, IsFile = true, Device = _swap.FileDevice };
        }

        int priority = (flags & SwapFlagPrefer) != 0 ? (int)(flags & SwapFlagPriorityMask) : -1;
        return _swap.SwapOn(area with { Priority = priority }) ? SysResult.Ok : Errno.EPERM;
    }

    /// <summary>
    /// swapoff(2): brings everything in an area back to memory, files of shared memory first, then the address spaces,
    /// then what only the swap cache has (try_to_unuse). Meanwhile the caller is who the OOM killer would take first.
    /// </summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="path">The area's name in /proc/swaps.</param>
    /// <returns>0; EPERM; EINVAL: no such area is on; ENOMEM: overcommit forbids it, or no frame is left; EINTR: the caller was killed. After the last two the area is on again.</returns>
    public SysResult Swapoff(int task, string path)
    {
        Enter(task);
        if (!_tasks.Tasks[task].CapSysAdmin)
            return Errno.EPERM;
        int type = _swap.TypeOf(path);
        if (type < 0)
            return Errno.EINVAL;
        // Whether what is promised could be kept (security_vm_enough_memory_mm); nothing stays charged.
        ulong pages = _swap.SpecOf(type).Pages - 1;
        if (!_account.TryCharge(_tasks.CurrentOf(task), pages))
            return Errno.ENOMEM;
        _account.Uncharge(pages);
        _swap.BeginSwapOff(type);
        int leader = _tasks.Tasks[task].GroupLeader;
        _tasks.Tasks[leader].IsOomOrigin = true;
        Errno error = TryToUnuse(type);
        _tasks.Tasks[leader].IsOomOrigin = false;
        if (error != Errno.None)
        {
            _swap.CancelSwapOff(type);
            return error;
        }

        _swap.FinishSwapOff(type);
        if (_swap.UsedPages == 0)
            _spaces.Swapped.Drain();
        return SysResult.Ok;
    }

    private bool IsDying => _scheduler.Sigkills?.IsCurrentDying ?? false;

    private Errno TryToUnuse(int type)
    {
        const int mostIdleRounds = 3;
        for (int idle = 0; _swap.UsedPagesOf(type) > 0; idle++)
        {
            long before = _swap.UsedPagesOf(type);
            Errno error = UnuseShmem(type);
            if (error == Errno.None)
                error = UnuseSpaces(type);
            if (error != Errno.None)
                return error;
            if (!IsDying)
                _swap.UnuseCache(type);
            if (IsDying && _swap.UsedPagesOf(type) > 0)
                return Errno.EINTR;
            if (_swap.UsedPagesOf(type) < before)
                idle = 0;
            else if (idle > mostIdleRounds)
                throw new InvalidOperationException($"{before} slots of swap area {type} belong to nobody");
        }

        return Errno.None;
    }

    /// <summary>shmem_unuse: the file that had pages in swap last comes first. Each is held, for whoever is killed meanwhile may have had it.</summary>
    private Errno UnuseShmem(int type)
    {
        for (int inode = _pages.FirstSwapped, next; inode != 0; inode = next)
        {
            _inodes.Inodes[inode].RefCount++;
            Errno error = _pages.Unuse(inode, type);
            next = _inodes.Inodes[inode].NextSwapped;
            _pages.ForgetSwapped(inode);
            _files.PutInode(inode);
            if (error != Errno.None)
                return error;
        }

        return Errno.None;
    }

    private Errno UnuseSpaces(int type)
    {
        SwappedMms swapped = _spaces.Swapped;
        for (int mm = swapped.First, next; mm != 0 && _swap.UsedPagesOf(type) > 0 && !IsDying; mm = next)
        {
            _spaces.Mms[mm].Users++;
            Errno error = _pageTables.Unuse(mm, type);
            next = swapped.Next(mm);
            _mappings.PutSpace(mm);
            if (error != Errno.None)
                return error;
        }

        return Errno.None;
    }
}
