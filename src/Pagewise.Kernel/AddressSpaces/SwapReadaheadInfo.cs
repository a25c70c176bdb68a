using System.Numerics;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// What an area remembers of its last read from swap (vma->swap_readahead_info, mm/swap_state.c, 6.1): the address, the
/// window and the hits since, in one word. An area that is split or copied gives it to both.
/// </summary>
public struct SwapReadaheadInfo
{
    private const ulong FirstHits = 4;
    private const ulong HitsMask = 63;
    private const int WindowShift = 6;

    private ulong _value;

    private readonly ulong Value => _value != 0 ? _value : FirstHits;

    /// <summary>A fault found its page in the swap cache (swap_cache_get_folio).</summary>
    /// <param name="address">Its address.</param>
    /// <param name="isReadAhead">Whether readahead had brought it, and it was not met since.</param>
    internal void Found(ulong address, bool isReadAhead)
    {
        ulong hits = Value & HitsMask;
        Set(address, (Value >> WindowShift) & HitsMask, isReadAhead ? Math.Min(hits + 1, HitsMask) : hits);
    }

    /// <summary>The window of a fault whose page has to be read (swap_ra_info): ahead of it, or behind, when the last one was next to it; else around.</summary>
    /// <param name="address">The fault's address, page-aligned.</param>
    /// <param name="most">The most pages of a window.</param>
    /// <param name="start">The first address.</param>
    /// <returns>Pages of the window; 1: no neighbour is read.</returns>
    internal uint Next(ulong address, uint most, out ulong start)
    {
        start = address;
        if (most == 1)
            return 1;
        ulong previous = Value & ~(ulong)(Pfn.SizeBytes - 1);
        uint window = Window((uint)(Value & HitsMask), previous >> Pfn.Shift, address >> Pfn.Shift, most, (uint)((Value >> WindowShift) & HitsMask));
        Set(address, window, 0);
        ulong behind = address == previous + Pfn.SizeBytes ? 0 : previous == address + Pfn.SizeBytes ? window - 1 : (window - 1) / 2;
        start = address - Math.Min(behind << Pfn.Shift, address);
        return window;
    }

    /// <summary>__swapin_nr_pages: the window grows with the hits since the last read and shrinks by half at most.</summary>
    /// <param name="hits">Hits since the last read.</param>
    /// <param name="previous">Where that was: a page by number, or a slot.</param>
    /// <param name="place">Where this one is.</param>
    /// <param name="most">The most pages of a window.</param>
    /// <param name="previousPages">Pages of the last window.</param>
    internal static uint Window(uint hits, ulong previous, ulong place, uint most, uint previousPages)
    {
        uint pages = hits + 2;
        // Without a hit there is a window only for neighbours of the last read.
        if (pages == 2)
            pages = place == previous + 1 || place + 1 == previous ? 2u : 1u;
        else
            pages = Math.Max(4, BitOperations.RoundUpToPowerOf2(pages));
        return Math.Max(Math.Min(pages, most), previousPages / 2);
    }

    private void Set(ulong address, ulong window, ulong hits) => _value = (address & ~(ulong)(Pfn.SizeBytes - 1)) | (window << WindowShift) | hits;
}
