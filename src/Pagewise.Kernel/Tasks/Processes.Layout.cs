using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tasks;

public sealed partial class Processes
{
    private const ulong PageSize = 4096;
    private const ulong PageMask = ~(PageSize - 1);

    /// <summary>Bits of randomness in mmap's base (vm.mmap_rnd_bits, vm.mmap_rnd_compat_bits).</summary>
    private const int MmapRndBits = 28;
    private const int MmapRndCompatBits = 8;

    private static ulong PageAlign(ulong value) => (value + PageSize - 1) & PageMask;

    private bool IsKernel32Bit => _settings.Format is PageTableFormat.X86_32 or PageTableFormat.X86Pae;

    /// <summary>Size of user space and the part that placement uses, by page-table format (TASK_SIZE, DEFAULT_MAP_WINDOW).</summary>
    private (ulong TaskSize, ulong Window) SizesOf(bool is32Bit, Personality personality)
    {
        const ulong Window47 = (1UL << 47) - PageSize;
        if (IsKernel32Bit)
            return (0xc000_0000, 0xc000_0000);
        if (is32Bit)
        {
            ulong size = (personality & Personality.AddrLimit3Gb) != 0 ? 0xc000_0000 : 0xffff_e000;
            return (size, size);
        }

        return (_settings.Format == PageTableFormat.X86_64_5Level ? (1UL << 56) - PageSize : Window47, Window47);
    }

    /// <summary>An address space of no task, of programs that were there before; 0 when no memory is left.</summary>
    internal int CreateSpace(in RlimitArray limits)
    {
        int mm = _mappings.NewSpace();
        if (mm != 0)
            PickLayout(mm, in limits, is32Bit: false, isRandomized: false, Personality.Linux);
        return mm;
    }

    /// <summary>
    /// Decides from where mmap places (arch_pick_mmap_layout, arch/x86/mm/mmap.c): below the stack's limit and a guard,
    /// top down, or for legacy layouts from a third of user space up.
    /// </summary>
    private void PickLayout(int mm, in RlimitArray limits, bool is32Bit, bool isRandomized, Personality personality)
    {
        ref MmStruct space = ref _spaces.Mms[mm];
        space.Is32Bit = is32Bit || IsKernel32Bit;
        (space.TaskSize, space.DefaultMapWindow) = SizesOf(space.Is32Bit, personality);
        ulong window = space.DefaultMapWindow;
        ulong random = isRandomized ? _aslr.Next() & ((1UL << (space.Is32Bit ? MmapRndCompatBits : MmapRndBits)) - 1) : 0;
        random <<= 12;
        space.MmapLegacyBase = PageAlign(window / 3) + random;
        space.Mmap32Base = isRandomized ? _aslr.Page(0x4000_0000, 0x0200_0000) : 0x4000_0000;
        space.TopDown = (personality & Personality.AddrCompatLayout) == 0 && !_settings.LegacyVaLayout;
        space.MmapBase = space.TopDown ? TopDownBase(window, limits.Soft(RlimitResource.Stack), random, space.Is32Bit, isRandomized) : space.MmapLegacyBase;
    }

    /// <summary>mmap_base: room for the stack's limit and its random offset, at least 128 MiB, at most five sixths.</summary>
    private ulong TopDownBase(ulong window, ulong stackLimit, ulong random, bool is32Bit, bool isRandomized)
    {
        const ulong GapMin = 128UL << 20;
        ulong gap = stackLimit;
        ulong pad = (isRandomized ? StackRndMask(is32Bit) << 12 : 0) + ((ulong)_settings.StackGuardGapPages << 12);
        if (gap + pad > gap)
            gap += pad;
        gap = Math.Clamp(gap, GapMin, window / 6 * 5);
        return PageAlign(window - gap - random);
    }

    private static ulong StackRndMask(bool is32Bit) => is32Bit ? 0x7ffUL : 0x3f_ffffUL;
}
