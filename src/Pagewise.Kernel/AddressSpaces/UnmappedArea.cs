using Pagewise.Abi;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// Where a new mapping goes: get_unmapped_area (mm/mmap.c), the x86 search from the top or the bottom
/// (arch/x86/kernel/sys_x86_64.c) and the alignment for huge pages (mm/huge_memory.c).
/// </summary>
/// <param name="spaces">The areas and address spaces.</param>
/// <param name="tree">Their order.</param>
/// <param name="settings">The kernel's settings.</param>
public sealed class UnmappedArea(AddressSpaceArenas spaces, VmaTree tree, VmSettings settings)
{
    private const ulong PageSize = 4096;
    private const ulong PageMask = ~(PageSize - 1);
    private const ulong PmdSize = 2UL << 20;
    private const ulong NoAddress = ulong.MaxValue;

    private readonly Arena<VmArea> _vmas = spaces.Vmas;
    private readonly Arena<MmStruct> _mms = spaces.Mms;
    private readonly MmFeatures _features = settings.Features;

    /// <summary>stack_guard_gap in bytes.</summary>
    public ulong StackGuardGap => (ulong)settings.StackGuardGapPages * PageSize;

    /// <summary>Where an area begins with the gap that a stack keeps below it (vm_start_gap).</summary>
    public ulong StartGap(in VmArea area)
    {
        if ((area.Flags & VmFlags.GrowsDown) == 0)
            return area.Start;
        ulong gap = StackGuardGap;
        return gap > area.Start ? 0 : area.Start - gap;
    }

    /// <summary>Chooses or checks the address of a mapping (__get_unmapped_area).</summary>
    /// <param name="current">The caller.</param>
    /// <param name="placement">How its memory is placed.</param>
    /// <param name="address">The address asked for: exact with MAP_FIXED, else a hint, 0 for none.</param>
    /// <param name="length">The length in bytes, a multiple of the page size and not 0.</param>
    /// <param name="pgOff">The offset in the file, in pages.</param>
    /// <param name="flags">MAP_* flags: FIXED, 32BIT and ABOVE4G matter.</param>
    /// <param name="hugePageShift">log2 of the page size, for hugetlbfs.</param>
    public SysResult Get(in Current current, Placement placement, ulong address, ulong length, ulong pgOff, MapFlags flags, int hugePageShift = 0)
    {
        ref readonly MmStruct space = ref _mms[current.Mm];
        if (length > space.TaskSize)
            return Errno.ENOMEM;
        ulong alignMask = 0;
        if (placement == Placement.HugeTlb)
        {
            ulong hugeMask = (1UL << hugePageShift) - 1;
            if ((length & hugeMask) != 0 || ((flags & MapFlags.Fixed) != 0 && (address & hugeMask) != 0))
                return Errno.EINVAL;
            address = (address + hugeMask) & ~hugeMask;
            alignMask = hugeMask & PageMask;
        }

        ulong found = placement switch
        {
            Placement.Thp => ThpGet(current.Mm, in space, address, length, pgOff << 12, flags),
            Placement.Anonymous when WantsThp(address, length) => ThpGet(current.Mm, in space, address, length, 0, flags),
            _ => MmGet(current.Mm, in space, address, length, flags, alignMask),
        };
        if (found == NoAddress || found > space.TaskSize - length)
            return Errno.ENOMEM;
        if ((found & ~PageMask) != 0)
            return Errno.EINVAL;
        return found < settings.MmapMinAddr && current.Uid != 0 ? Errno.EPERM : SysResult.Of(found);
    }

    private bool WantsThp(ulong address, ulong length)
    {
        if (!_features.AlignsAnonymousForThp)
            return false;
        return _features.AlignsAnonymousMultiplesOnly
            ? address == 0 && (length & (PmdSize - 1)) == 0
            : length >= PmdSize;
    }

    /// <summary>Searches with room to spare and shifts to a 2 MiB boundary of the file (thp_get_unmapped_area).</summary>
    private ulong ThpGet(int mm, in MmStruct space, ulong address, ulong length, ulong offset, MapFlags flags)
    {
        ulong aligned = ThpGetAligned(mm, in space, address, length, offset, flags);
        return aligned != 0 ? aligned : MmGet(mm, in space, address, length, flags);
    }

    private ulong ThpGetAligned(int mm, in MmStruct space, ulong address, ulong length, ulong offset, MapFlags flags)
    {
        if (space.Is32Bit)
            return 0;
        // Only a mapping that holds a whole aligned 2 MiB of the file gains from alignment.
        ulong offsetEnd = offset + length;
        ulong offsetAligned = (offset + PmdSize - 1) & ~(PmdSize - 1);
        if (offsetEnd <= offsetAligned || offsetEnd - offsetAligned < PmdSize)
            return 0;
        ulong padded = length + PmdSize;
        if (padded < length || offset + padded < offset)
            return 0;
        ulong found = MmGet(mm, in space, address, padded, flags);
        if (found == NoAddress)
            return 0;
        if (found == address)
            return address;
        ulong shift = (offset - found) & (PmdSize - 1);
        if (_features.ThpAlignmentHonoursTopDown && space.TopDown && shift == 0)
            return found + PmdSize;
        return found + shift;
    }

    private ulong MmGet(int mm, in MmStruct space, ulong address, ulong length, MapFlags flags, ulong alignMask = 0) => space.TopDown
        ? TopDown(mm, in space, address, length, flags, alignMask)
        : BottomUp(mm, in space, address, length, flags, alignMask);

    private ulong TopDown(int mm, in MmStruct space, ulong hint, ulong length, MapFlags flags, ulong alignMask)
    {
        if (length > space.TaskSize)
            return NoAddress;
        if ((flags & MapFlags.Fixed) != 0)
            return hint;
        if ((flags & MapFlags.Bit32) != 0 && !space.Is32Bit)
            return BottomUp(mm, in space, hint, length, flags, alignMask);
        ulong address = hint;
        if (address != 0)
        {
            address &= PageMask;
            if (IsHintValid(in space, address, length) && IsFree(mm, address, length))
                return address;
        }

        ulong high = space.MmapBase;
        if (address > space.DefaultMapWindow)
            high += space.TaskSize - space.DefaultMapWindow;
        ulong low = (flags & MapFlags.Above4G) != 0 && !space.Is32Bit && _features.HasAbove4G ? 1UL << 32 : PageSize;
        ulong found = SearchTopDown(mm, low, high, length, alignMask);
        return found != NoAddress ? found : BottomUp(mm, in space, hint, length, flags, alignMask);
    }

    private ulong BottomUp(int mm, in MmStruct space, ulong hint, ulong length, MapFlags flags, ulong alignMask)
    {
        if ((flags & MapFlags.Fixed) != 0)
            return hint;
        ulong begin = space.MmapLegacyBase;
        ulong end = hint > space.DefaultMapWindow ? space.TaskSize : space.DefaultMapWindow;
        if ((flags & MapFlags.Bit32) != 0 && !space.Is32Bit)
        {
            begin = space.Mmap32Base;
            end = 0x8000_0000;
        }

        if (length > end)
            return NoAddress;
        if (hint != 0)
        {
            ulong address = (hint + PageSize - 1) & PageMask;
            if (end - length >= address && IsFree(mm, address, length))
                return address;
        }

        return SearchBottomUp(mm, begin, end, length, alignMask);
    }

    /// <summary>A hint may not reach from below DEFAULT_MAP_WINDOW to above it (mmap_address_hint_valid).</summary>
    private static bool IsHintValid(in MmStruct space, ulong address, ulong length) =>
        space.TaskSize - length >= address
        && address > space.DefaultMapWindow == address + length > space.DefaultMapWindow;

    private bool IsFree(int mm, ulong address, ulong length)
    {
        int vma = tree.FindVma(mm, address);
        return vma == 0 || address + length <= StartGap(in _vmas[vma]);
    }

    /// <summary>The highest fit (unmapped_area_topdown); below a stack the search goes on below its guard gap.</summary>
    private ulong SearchTopDown(int mm, ulong low, ulong high, ulong length, ulong alignMask)
    {
        low = Math.Max(low, settings.LowestPlacement);
        if (length + alignMask < length)
            return NoAddress;
        while (tree.TryFindHighestGap(mm, low, high, length + alignMask, out ulong gapEnd, out int above))
        {
            ulong found = (gapEnd - length) & ~alignMask;
            if (above == 0 || StartGap(in _vmas[above]) >= gapEnd)
                return found;
            high = StartGap(in _vmas[above]);
        }

        return NoAddress;
    }

    /// <summary>The lowest fit (unmapped_area).</summary>
    private ulong SearchBottomUp(int mm, ulong low, ulong high, ulong length, ulong alignMask)
    {
        low = Math.Max(low, settings.LowestPlacement);
        ulong padded = length + alignMask;
        if (padded < length)
            return NoAddress;
        while (tree.TryFindLowestGap(mm, low, high, padded, out ulong found, out int above))
        {
            found = (found + alignMask) & ~alignMask;
            if (above == 0 || (_vmas[above].Flags & VmFlags.GrowsDown) == 0 || StartGap(in _vmas[above]) >= found + padded - 1)
                return found;
            low = _vmas[above].End;
        }

        return NoAddress;
    }
}
