using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Lru;

/// <summary>The LRU lists of a node with what reclaim has learnt about them: Linux's struct lruvec (include/linux/mmzone.h).</summary>
public struct Lruvec
{
    /// <summary>The number of lists (NR_LRU_LISTS).</summary>
    public const int ListCount = 5;

    /// <summary>The lists, by <see cref="LruList"/>.</summary>
    public ListArray Lists;

    /// <summary>What reclaim of anonymous pages cost so far, fading (anon_cost).</summary>
    public ulong AnonCost;

    /// <summary>What reclaim of file pages cost so far, fading (file_cost).</summary>
    public ulong FileCost;

    /// <summary>The eviction clock: evictions and activations (nonresident_age).</summary>
    public ulong NonresidentAge;

    /// <summary>Refaults of anonymous pages that were made active (WORKINGSET_ACTIVATE_ANON).</summary>
    public long ActivatedAnon;

    /// <summary>Refaults of pages of files that were made active (WORKINGSET_ACTIVATE_FILE).</summary>
    public long ActivatedFile;

    /// <summary><see cref="ActivatedAnon"/> as the last reclaim left it (refaults[WORKINGSET_ANON]).</summary>
    public long RefaultsAnon;

    /// <summary><see cref="ActivatedFile"/> as the last reclaim left it (refaults[WORKINGSET_FILE]).</summary>
    public long RefaultsFile;

    /// <summary>Pages of a list (lruvec_page_state).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long Pages(LruList list) => Lists[(int)list].Pages;

    /// <summary>The lists.</summary>
    [InlineArray(ListCount)]
    public struct ListArray
    {
        private LruListHead _first;
    }
}
