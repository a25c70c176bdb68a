using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <summary>What is kept in the order of its use, linked through the elements themselves (the lru list of a pool).</summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="items">Where the elements are.</param>
internal struct AgeList<T>(Arena<T> items)
    where T : unmanaged, IAged
{
    /// <summary>The one used last; 0: none.</summary>
    public int Newest { get; private set; }

    /// <summary>The one not used for longest; 0: none.</summary>
    public int Oldest { get; private set; }

    /// <summary>Puts one in as the one used last.</summary>
    public void AddNewest(int item)
    {
        ref T added = ref items[item];
        added.Newer = 0;
        added.Older = Newest;
        if (Newest != 0)
            items[Newest].Newer = item;
        else
            Oldest = item;
        Newest = item;
    }

    /// <summary>Puts one in as the one not used for longest.</summary>
    public void AddOldest(int item)
    {
        ref T added = ref items[item];
        added.Older = 0;
        added.Newer = Oldest;
        if (Oldest != 0)
            items[Oldest].Older = item;
        else
            Newest = item;
        Oldest = item;
    }

    /// <summary>Takes one out.</summary>
    public void Remove(int item)
    {
        ref T removed = ref items[item];
        if (removed.Newer != 0)
            items[removed.Newer].Older = removed.Older;
        else
            Newest = removed.Older;
        if (removed.Older != 0)
            items[removed.Older].Newer = removed.Newer;
        else
            Oldest = removed.Newer;
    }
}
