using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Swap;

/// <summary>A CPU's stock of free slots and the slots it has to give back (struct swap_slots_cache, mm/swap_slots.c).</summary>
internal struct SwapSlotsCache
{
    /// <summary>Slots of either kind at most (SWAP_SLOTS_CACHE_SIZE).</summary>
    public const int Size = 64;

    /// <summary>Free slots left.</summary>
    public int Nr;

    /// <summary>The place of the next one.</summary>
    public int Cur;

    /// <summary>Slots to give back.</summary>
    public int NRet;

    /// <summary>Free slots, packed.</summary>
    public EntryArray Slots;

    /// <summary>Slots to give back, packed.</summary>
    public EntryArray SlotsRet;

    /// <summary>Entries.</summary>
    [InlineArray(Size)]
    public struct EntryArray
    {
        private ulong _first;
    }
}
