using System.Runtime.CompilerServices;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Faults;

/// <summary>Making and reading entries of one page-table format, as Linux's pte_* helpers do.</summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
internal static class Pte<TFormat>
    where TFormat : struct, IPageTableFormat
{
    /// <summary>The swap type of markers (SWP_PTE_MARKER): the last of 32.</summary>
    private const int MarkerType = 31;

    /// <summary>PTE_MARKER_POISONED.</summary>
    private const ulong PoisonedMarker = 2;

    /// <summary>PTE_MARKER_GUARD.</summary>
    private const ulong GuardMarker = 4;

    /// <summary>Bytes that an entry of a level covers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SizeAt(int level) => 1UL << Shift(level);

    /// <summary>Address bits below a level's index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Shift(int level) => Pfn.Shift + (TFormat.IndexBits * (level - 1));

    /// <summary>Where the entry of an address stands in a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong EntryAt(ulong table, ulong address, int level) =>
        table + (((address >> Shift(level)) & ((1UL << TFormat.IndexBits) - 1)) * (ulong)TFormat.EntryBytes);

    /// <summary>Whether an entry has a page, usable or PROT_NONE (pte_present).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsPresent(ulong entry) => (entry & (PteBits.Present | PteBits.ProtNone)) != 0;

    /// <summary>Whether a present entry of a level above the last maps a large page (pmd_leaf).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLarge(ulong entry) => (entry & PteBits.PageSize) != 0;

    /// <summary>Whether an entry points to a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsTable(ulong entry) => (entry & (PteBits.Present | PteBits.PageSize)) == PteBits.Present;

    /// <summary>The frame of a present entry (pte_pfn).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint PfnOf(ulong entry)
    {
        if ((entry & PteBits.Present) == 0)
            entry ^= TFormat.InvertedWhenProtNone;
        return (uint)((entry & PteBits.AddressMask) >> Pfn.Shift);
    }

    /// <summary>An entry for a frame with the bits of <see cref="Protection"/> (pfn_pte).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Make(uint pfn, ulong protection)
    {
        ulong entry = (ulong)pfn << Pfn.Shift;
        if ((protection & PteBits.Present) == 0)
            entry ^= TFormat.InvertedWhenProtNone;
        return entry | protection;
    }

    /// <summary>An entry with other rights (pte_modify): the frame and the A, D, PS and special bits stay.</summary>
    public static ulong Modify(ulong entry, ulong protection)
    {
        const ulong kept = PteBits.Accessed | PteBits.Dirty | PteBits.PageSize | PteBits.Special;
        return Make(PfnOf(entry), (entry & kept) | (protection & ~kept));
    }

    /// <summary>
    /// The entry bits of an area's pages (vm_get_page_prot): private pages are never writable here, a fault decides.
    /// </summary>
    /// <param name="flags">The area's flags.</param>
    /// <param name="writeNotify">Whether the file system wants to hear of the first write (vma_wants_writenotify).</param>
    public static ulong Protection(VmFlags flags, bool writeNotify)
    {
        if ((flags & VmFlags.AccessMask) == 0)
            return PteBits.ProtNone | PteBits.Accessed;
        ulong bits = PteBits.Present | PteBits.User | PteBits.Accessed;
        if ((flags & VmFlags.Exec) == 0)
            bits |= TFormat.NoExecute;
        if ((flags & (VmFlags.Shared | VmFlags.Write)) == (VmFlags.Shared | VmFlags.Write) && !writeNotify)
            bits |= PteBits.Write;
        return bits;
    }

    /// <summary>An entry that names a slot of swap (swp_entry_to_pte).</summary>
    public static ulong MakeSwap(SwpEntry slot, bool isExclusive) =>
        TFormat.MakeSwapEntry(slot.Type, slot.Offset) | (isExclusive ? TFormat.SwapExclusive : 0);

    /// <summary>Whether an entry names a slot of swap (is_swap_pte, and no marker).</summary>
    public static bool IsSwap(ulong entry) => entry != 0 && !IsPresent(entry) && TFormat.SwapType(entry) != MarkerType;

    /// <summary>The slot that an entry names (pte_to_swp_entry).</summary>
    public static SwpEntry SwapEntryOf(ulong entry) => new(TFormat.SwapType(entry), (uint)TFormat.SwapOffset(entry));

    /// <summary>The marker of a guard page (make_pte_marker(PTE_MARKER_GUARD)).</summary>
    public static ulong Guard => TFormat.MakeSwapEntry(MarkerType, GuardMarker);

    /// <summary>Whether an entry is a marker of any kind (pte_is_marker).</summary>
    public static bool IsMarker(ulong entry) => entry != 0 && !IsPresent(entry) && TFormat.SwapType(entry) == MarkerType;

    /// <summary>Whether an entry is a guard marker (is_guard_swp_entry).</summary>
    public static bool IsGuard(ulong entry) => IsMarker(entry) && (TFormat.SwapOffset(entry) & GuardMarker) != 0;

    /// <summary>The marker of a page that could not be read back from swap (make_pte_marker(PTE_MARKER_POISONED), before 6.6 SWP_SWAPIN_ERROR).</summary>
    public static ulong Poisoned => TFormat.MakeSwapEntry(MarkerType, PoisonedMarker);

    /// <summary>Whether an entry is such a marker.</summary>
    public static bool IsPoisoned(ulong entry) => IsMarker(entry) && (TFormat.SwapOffset(entry) & PoisonedMarker) != 0;

    /// <summary>Whether fork copies a marker: guard and poison, not the rest (copy_pte_marker).</summary>
    public static bool IsCopiedMarker(ulong entry) => (TFormat.SwapOffset(entry) & (GuardMarker | PoisonedMarker)) != 0;
}
