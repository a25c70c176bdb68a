using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// The address spaces that have or had pages in swap (the mmlist of init_mm, mm/rmap.c and mm/swapfile.c, 6.1), in which
/// swapoff looks: the newest first, a forked child behind its parent.
/// </summary>
/// <param name="mms">The address spaces.</param>
internal sealed class SwappedMms(Arena<MmStruct> mms)
{
    /// <summary><see cref="MmStruct.SwappedPrev"/> of the first.</summary>
    public const int Head = -1;

    /// <summary>The first; 0: there is none.</summary>
    public int First { get; private set; }

    /// <summary>The one after another; 0: it is the last.</summary>
    public int Next(int mm) => mms[mm].SwappedNext;

    /// <summary>Puts one that is not in the list to its head (try_to_unmap_one).</summary>
    public void Add(int mm)
    {
        ref MmStruct space = ref mms[mm];
        space.SwappedPrev = Head;
        space.SwappedNext = First;
        if (First != 0)
            mms[First].SwappedPrev = mm;
        First = mm;
    }

    /// <summary>Puts one that is not in the list behind another (copy_nonpresent_pte).</summary>
    public void AddBehind(int parent, int mm)
    {
        ref MmStruct space = ref mms[mm];
        ref MmStruct before = ref mms[parent];
        if (before.SwappedPrev == 0)
            Add(parent);
        space.SwappedPrev = parent;
        space.SwappedNext = before.SwappedNext;
        if (space.SwappedNext != 0)
            mms[space.SwappedNext].SwappedPrev = mm;
        before.SwappedNext = mm;
    }

    /// <summary>Takes one from the list, where it is in it (mmput).</summary>
    public void Remove(int mm)
    {
        ref MmStruct space = ref mms[mm];
        if (space.SwappedPrev == 0)
            return;
        if (space.SwappedPrev == Head)
            First = space.SwappedNext;
        else
            mms[space.SwappedPrev].SwappedNext = space.SwappedNext;
        if (space.SwappedNext != 0)
            mms[space.SwappedNext].SwappedPrev = space.SwappedPrev;
        space.SwappedPrev = 0;
        space.SwappedNext = 0;
    }

    /// <summary>Empties the list: nothing is in swap any more (drain_mmlist).</summary>
    public void Drain()
    {
        while (First != 0)
            Remove(First);
    }
}
