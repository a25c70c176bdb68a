using Pagewise.Abi;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>Growth of MAP_GROWSDOWN areas, the main stack among them (expand_stack, mm/mmap.c and mm/vma.c).</summary>
/// <param name="spaces">The areas and address spaces.</param>
/// <param name="settings">The kernel's settings.</param>
public sealed class StackExpansion(AddressSpaceArenas spaces, VmSettings settings)
{
    private const ulong PageSize = 4096;

    private readonly Arena<VmArea> _vmas = spaces.Vmas;
    private readonly Arena<MmStruct> _mms = spaces.Mms;
    private readonly VmaTree _tree = new(spaces);
    private readonly AnonVmas _anonVmas = new(spaces);
    private readonly MmAccount _account = new(spaces, settings);

    /// <summary>
    /// The area that an access to an address concerns (lock_mm_and_find_vma): the one that contains it, else the stack
    /// above it, grown down to its page. 0 when there is none or it may not grow: the access gets SEGV_MAPERR.
    /// </summary>
    /// <param name="current">The caller.</param>
    /// <param name="address">The address of the access.</param>
    /// <param name="grew">Whether a stack was grown.</param>
    public int FindForAccess(in Current current, ulong address, out bool grew)
    {
        grew = false;
        int vma = _tree.FindVma(current.Mm, address);
        if (vma == 0 || _vmas[vma].Start <= address)
            return vma;
        if (ExpandDownwards(in current, vma, address) != Errno.None)
            return 0;
        grew = true;
        return vma;
    }

    /// <summary>
    /// Moves the start of a stack down to the page of an address (expand_downwards). Its limits are RLIMIT_STACK, the
    /// guard gap above the area below, RLIMIT_AS, RLIMIT_MEMLOCK and the commit _account.
    /// </summary>
    public Errno ExpandDownwards(in Current current, int vma, ulong address)
    {
        ref VmArea area = ref _vmas[vma];
        if ((area.Flags & VmFlags.GrowsDown) == 0)
            return Errno.EFAULT;
        address &= ~(PageSize - 1);
        if (address < settings.LowestPlacement)
            return Errno.EPERM;
        if (area.Prev != 0)
        {
            ref readonly VmArea below = ref _vmas[area.Prev];
            ulong guardGap = (ulong)settings.StackGuardGapPages * PageSize;
            if ((below.Flags & VmFlags.GrowsDown) == 0 && (below.Flags & VmFlags.AccessMask) != 0 && address - below.End < guardGap)
                return Errno.ENOMEM;
        }

        if (!_anonVmas.Prepare(vma))
            return Errno.ENOMEM;
        ulong grow = (area.Start - address) >> 12;
        if (grow > area.PgOff || !MayGrow(in current, in area, area.End - address, grow))
            return Errno.ENOMEM;
        if ((area.Flags & VmFlags.Locked) != 0)
            _mms[current.Mm].LockedVm += grow;
        _account.StatAccount(current.Mm, area.Flags, (long)grow);
        _tree.SetRange(vma, address, area.End, area.PgOff - grow);
        return Errno.None;
    }

    /// <summary>acct_stack_growth: charges the pages when every limit allows them.</summary>
    private bool MayGrow(in Current current, in VmArea area, ulong sizeBytes, ulong grow) =>
        _account.MayExpand(in current, area.Flags, grow)
        && sizeBytes <= current.Rlimit(RlimitResource.Stack)
        && _account.MlockFutureOk(in current, area.Flags, grow << 12)
        && _account.TryCharge(in current, grow);
}
