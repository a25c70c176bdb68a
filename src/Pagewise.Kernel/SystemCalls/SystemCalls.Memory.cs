using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel.SystemCalls;

public sealed partial class SystemCalls
{
    private readonly record struct FaultCount(long Minor, long Major);

    /// <summary>The caller; one more system call has been entered.</summary>
    private Current Enter(int task)
    {
        _clock.SystemCalls++;
        _scheduler.Run(task);
        _events.RunDue();
        return _tasks.Tasks[task].Mm != 0 ? _tasks.CurrentOf(task) : throw new ArgumentException($"task {task} has no address space: it has exited or was killed", nameof(task));
    }

    private FaultCount CountFaults() => new(_pageTables.MinorFaults, _pageTables.MajorFaults);

    /// <summary>Faults that the kernel took in a call are its task's (min_flt, maj_flt).</summary>
    private void ChargeFaults(int task, in FaultCount before)
    {
        ref TaskStruct caller = ref _tasks.Tasks[task];
        caller.MinorFaults += _pageTables.MinorFaults - before.Minor;
        caller.MajorFaults += _pageTables.MajorFaults - before.Major;
    }

    /// <summary>brk(2): the break after the call; the old one when it could not move.</summary>
    public SysResult Brk(int task, ulong address)
    {
        Current current = Enter(task);
        FaultCount before = CountFaults();
        ulong brk = _mappings.Brk(in current, address);
        ChargeFaults(task, in before);
        return SysResult.Of(brk);
    }

    /// <summary>mmap(2). <paramref name="offsetBytes"/> must be a multiple of the page size.</summary>
    public SysResult Mmap(int task, ulong address, ulong lengthBytes, Prot prot, MapFlags flags, int fd, ulong offsetBytes)
    {
        if ((offsetBytes & 4095) != 0)
            return Errno.EINVAL;
        Current current = Enter(task);
        int file = 0;
        if ((flags & MapFlags.Anonymous) == 0)
        {
            file = LookupFile(task, fd);
            if (file == 0)
                return Errno.EBADF;
            if ((flags & MapFlags.HugeTlb) != 0)
                return Errno.EINVAL;
        }
        else if ((flags & MapFlags.HugeTlb) != 0)
        {
            return MmapHugeTlb(in current, address, lengthBytes, prot, flags, offsetBytes >> 12);
        }

        FaultCount before = CountFaults();
        SysResult result = _mappings.Mmap(in current, file, address, lengthBytes, prot, flags, offsetBytes >> 12);
        ChargeFaults(task, in before);
        return result;
    }

    /// <summary>MAP_HUGETLB: memory of a hugetlbfs file made for it; the size named must be one that the CPU has.</summary>
    private SysResult MmapHugeTlb(in Current current, ulong address, ulong lengthBytes, Prot prot, MapFlags flags, ulong pgOff)
    {
        int shift = (int)((uint)flags >> 26) & 63;
        if (shift == 0)
            shift = 21;
        if (shift is not (21 or 30))
            return Errno.EINVAL;
        ulong mask = (1UL << shift) - 1;
        lengthBytes = (lengthBytes + mask) & ~mask;
        int file = _mappings.OpenHugeTlb(in current, lengthBytes, shift);
        if (file == 0)
            return Errno.ENOMEM;
        SysResult result = _mappings.Mmap(in current, file, address, lengthBytes, prot, flags, pgOff);
        _files.Put(file);
        return result;
    }

    /// <summary>munmap(2).</summary>
    public SysResult Munmap(int task, ulong address, ulong lengthBytes)
    {
        Current current = Enter(task);
        return _mappings.Munmap(in current, address, lengthBytes);
    }

    /// <summary>mprotect(2).</summary>
    public SysResult Mprotect(int task, ulong address, ulong lengthBytes, Prot prot)
    {
        Current current = Enter(task);
        FaultCount before = CountFaults();
        SysResult result = _mappings.Mprotect(in current, address, lengthBytes, prot);
        ChargeFaults(task, in before);
        return result;
    }

    /// <summary>pkey_mprotect(2) on a CPU without protection keys: key −1 is mprotect, any other is unknown.</summary>
    public SysResult PkeyMprotect(int task, ulong address, ulong lengthBytes, Prot prot, int pkey) =>
        pkey == -1 ? Mprotect(task, address, lengthBytes, prot) : Errno.EINVAL;

    /// <summary>mremap(2).</summary>
    public SysResult Mremap(int task, ulong oldAddress, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags, ulong newAddress)
    {
        Current current = Enter(task);
        FaultCount before = CountFaults();
        SysResult result = _mappings.Mremap(in current, oldAddress, oldLengthBytes, newLengthBytes, flags, newAddress);
        ChargeFaults(task, in before);
        return result;
    }

    /// <summary>madvise(2).</summary>
    public SysResult Madvise(int task, ulong address, ulong lengthBytes, Madvice advice)
    {
        Current current = Enter(task);
        FaultCount before = CountFaults();
        SysResult result = _mappings.Madvise(in current, address, lengthBytes, advice);
        ChargeFaults(task, in before);
        return result;
    }

    /// <summary>mbind(2).</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="address">First address, page-aligned.</param>
    /// <param name="lengthBytes">Bytes.</param>
    /// <param name="mode">The policy's mode, an MPOL_* number with its MPOL_F_* flags, of which none is modelled (EINVAL).</param>
    /// <param name="nodes">The nodes, a bit each.</param>
    /// <param name="flags">MPOL_MF_* flags.</param>
    public SysResult Mbind(int task, ulong address, ulong lengthBytes, ulong mode, ulong nodes, ulong flags)
    {
        Current current = Enter(task);
        return TryPolicy(mode, nodes, out MemPolicy policy)
            ? _mappings.Mbind(in current, address, lengthBytes, in policy, flags)
            : Errno.EINVAL;
    }

    /// <summary>set_mempolicy(2).</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="mode">The policy's mode, as in <see cref="Mbind"/>.</param>
    /// <param name="nodes">The nodes, a bit each.</param>
    public SysResult SetMempolicy(int task, ulong mode, ulong nodes)
    {
        Enter(task);
        if (!TryPolicy(mode, nodes, out MemPolicy policy))
            return Errno.EINVAL;
        _scheduler.SetPolicy(task, policy);
        return SysResult.Ok;
    }

    private bool TryPolicy(ulong mode, ulong nodes, out MemPolicy policy)
    {
        policy = default;
        return mode <= (ulong)MemPolicyMode.WeightedInterleave && MemPolicy.TryCreate((MemPolicyMode)mode, nodes, _scheduler.NodesWithMemory, out policy);
    }

    /// <summary>mlock(2) with flags 0, mlock2(2) otherwise.</summary>
    public SysResult Mlock(int task, ulong address, ulong lengthBytes, MlockFlags flags)
    {
        Current current = Enter(task);
        FaultCount before = CountFaults();
        SysResult result = _mappings.Mlock(in current, address, lengthBytes, flags);
        ChargeFaults(task, in before);
        return result;
    }

    /// <summary>munlock(2).</summary>
    public SysResult Munlock(int task, ulong address, ulong lengthBytes)
    {
        Current current = Enter(task);
        return _mappings.Munlock(in current, address, lengthBytes);
    }

    /// <summary>mlockall(2).</summary>
    public SysResult Mlockall(int task, MlockAllFlags flags)
    {
        Current current = Enter(task);
        FaultCount before = CountFaults();
        SysResult result = _mappings.Mlockall(in current, flags);
        ChargeFaults(task, in before);
        return result;
    }

    /// <summary>munlockall(2).</summary>
    public SysResult Munlockall(int task)
    {
        Current current = Enter(task);
        return _mappings.Munlockall(in current);
    }

    /// <summary>mincore(2).</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="address">First address, page-aligned.</param>
    /// <param name="lengthBytes">Length; rounded up to pages.</param>
    /// <param name="vector">Where the program wants the bytes; checked for EFAULT.</param>
    /// <param name="residency">The bytes, one a page, as far as the span reaches.</param>
    public SysResult Mincore(int task, ulong address, ulong lengthBytes, ulong vector, Span<byte> residency)
    {
        Current current = Enter(task);
        return _mappings.Mincore(in current, address, lengthBytes, vector, residency);
    }

    /// <summary>msync(2).</summary>
    public SysResult Msync(int task, ulong address, ulong lengthBytes, MsyncFlags flags)
    {
        Current current = Enter(task);
        return _mappings.Msync(in current, address, lengthBytes, flags);
    }

    /// <summary>mseal(2) (6.10).</summary>
    public SysResult Mseal(int task, ulong address, ulong lengthBytes, ulong flags)
    {
        Current current = Enter(task);
        return _mappings.Mseal(in current, address, lengthBytes, flags);
    }

    /// <summary>remap_file_pages(2), emulated by mmap since 4.0.</summary>
    public SysResult RemapFilePages(int task, ulong address, ulong sizeBytes, Prot prot, ulong pgOff, MapFlags flags)
    {
        Current current = Enter(task);
        FaultCount before = CountFaults();
        SysResult result = _mappings.RemapFilePages(in current, address, sizeBytes, prot, pgOff, flags);
        ChargeFaults(task, in before);
        return result;
    }
}
