using Pagewise.Abi;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// The books of an address space: its page counts against RLIMIT_AS, RLIMIT_DATA and RLIMIT_MEMLOCK, and the machine's
/// commit charge against vm.overcommit_* (mm/mmap.c vm_stat_account and may_expand_vm, mm/util.c __vm_enough_memory).
/// </summary>
/// <param name="spaces">The address spaces and the commit charge.</param>
/// <param name="settings">The kernel's settings.</param>
public sealed class MmAccount(AddressSpaceArenas spaces, VmSettings settings)
{
    private readonly Arena<MmStruct> _mms = spaces.Mms;

    /// <summary>Private, writable, not a stack: RLIMIT_DATA counts it (is_data_mapping).</summary>
    public static bool IsData(VmFlags flags) => (flags & (VmFlags.Write | VmFlags.Shared | VmFlags.GrowsDown)) == VmFlags.Write;

    /// <summary>Executable, neither writable nor a stack (is_exec_mapping).</summary>
    public static bool IsExec(VmFlags flags) => (flags & (VmFlags.Exec | VmFlags.Write | VmFlags.GrowsDown)) == VmFlags.Exec;

    /// <summary>A stack (is_stack_mapping).</summary>
    public static bool IsStack(VmFlags flags) => (flags & VmFlags.GrowsDown) != 0;

    /// <summary>Adds pages to the counts of their kind, or takes them off (vm_stat_account).</summary>
    public void StatAccount(int mm, VmFlags flags, long pages)
    {
        ref MmStruct space = ref _mms[mm];
        ulong delta = unchecked((ulong)pages);
        space.TotalVm += delta;
        if (IsExec(flags))
            space.ExecVm += delta;
        else if (IsStack(flags))
            space.StackVm += delta;
        else if (IsData(flags))
            space.DataVm += delta;
    }

    /// <summary>Keeps the high-water mark of total_vm, before pages go (update_hiwater_vm).</summary>
    public void UpdateHiwaterVm(int mm)
    {
        ref MmStruct space = ref _mms[mm];
        space.HiwaterVm = Math.Max(space.HiwaterVm, space.TotalVm);
    }

    /// <summary>Whether the limits allow so many more pages of a kind (may_expand_vm).</summary>
    public bool MayExpand(in Current current, VmFlags flags, ulong pages)
    {
        ref readonly MmStruct space = ref _mms[current.Mm];
        if (space.TotalVm + pages > current.Rlimit(RlimitResource.AddressSpace) >> 12)
            return false;
        if (!IsData(flags) || space.DataVm + pages <= current.Rlimit(RlimitResource.Data) >> 12)
            return true;
        // A soft limit of 0 stands for the hard one: Valgrind sets it so.
        return current.Rlimit(RlimitResource.Data) == 0
            && space.DataVm + pages <= current.RlimitMax(RlimitResource.Data) >> 12;
    }

    /// <summary>Whether the caller may lock memory at all (can_do_mlock).</summary>
    public static bool CanDoMlock(in Current current) => current.CapIpcLock || current.Rlimit(RlimitResource.MemLock) != 0;

    /// <summary>Whether RLIMIT_MEMLOCK allows so many more bytes, where the flags lock them (mlock_future_ok).</summary>
    public bool MlockFutureOk(in Current current, VmFlags flags, ulong bytes) =>
        (flags & VmFlags.Locked) == 0
        || current.CapIpcLock
        || (bytes >> 12) + _mms[current.Mm].LockedVm <= current.Rlimit(RlimitResource.MemLock) >> 12;

    /// <summary>
    /// Charges pages to the commit account, or refuses (security_vm_enough_memory_mm): mode 1 always agrees, mode 0
    /// refuses one request larger than all memory and swap, mode 2 keeps the sum below CommitLimit less the reserves.
    /// </summary>
    public bool TryCharge(in Current current, ulong pages)
    {
        spaces.CommittedAs += (long)pages;
        bool agreed = settings.OvercommitMemory switch
        {
            1 => true,
            0 => pages <= settings.TotalRamPages + settings.TotalSwapPages,
            _ => spaces.CommittedAs < AllowedPages(in current),
        };
        if (!agreed)
            spaces.CommittedAs -= (long)pages;
        return agreed;
    }

    /// <summary>Takes pages off the commit account (vm_unacct_memory).</summary>
    public void Uncharge(ulong pages) => spaces.CommittedAs -= (long)pages;

    private long AllowedPages(in Current current)
    {
        long allowed = (long)settings.CommitLimitPages;
        if (!current.CapSysAdmin)
            allowed -= (long)(settings.AdminReserveKbytes >> 2);
        long userReserve = (long)(settings.UserReserveKbytes >> 2);
        return allowed - Math.Min((long)(_mms[current.Mm].TotalVm / 32), userReserve);
    }
}
