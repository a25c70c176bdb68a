using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel;

public abstract partial class Machine
{
    /// <summary>
    /// Fills the LRU lists of a machine that begins in the middle, with pages that were in use already and that no
    /// modelled task has: a shared-memory file stands for the anonymous ones, so that reclaim must swap them, and an address
    /// space of no task maps those that programs use, marked as used besides; a file whose pages are clean stands for the
    /// rest. They lie where reclaim looks first.
    /// </summary>
    /// <param name="wanted">What the lists of a node shall have.</param>
    public void FillLists(Func<int, LruFill> wanted)
    {
        Lru.DrainAll();
        int shmem = Inodes.Create("initramfs", InodeKind.Shmem, 0, 0, 0);
        int file = Inodes.Create("files", InodeKind.Regular, 0, 0, 0);
        Inodes.Inodes[file].WarmPages = 0;
        Swap.UnknownContents = shmem;
        for (int node = 0; node < Zones.NodeCount; node++)
        {
            LruFill fill = wanted(node);
            if (Lru.HasGens)
                fill = AsGens(fill);
            Fill(shmem, fill.InactiveAnon - (Lru.HasGens ? 0 : Lru[node].Pages(LruList.InactiveAnon)), PageFlags.Dirty);
            ulong firstActive = Inodes.Inodes[shmem].SizePages;
            Fill(shmem, fill.ActiveAnon - Lru[node].Pages(LruList.ActiveAnon), PageFlags.Dirty | PageFlags.Active);
            ulong inactive = Math.Min((ulong)fill.MappedInactive, firstActive);
            ulong active = Math.Min((ulong)fill.MappedActive, Inodes.Inodes[shmem].SizePages - firstActive);
            if (inactive + active > 0)
                SystemCalls.MapUsed(shmem, firstActive - inactive, inactive + active);
            Fill(file, fill.InactiveFile - Lru[node].Pages(LruList.InactiveFile), PageFlags.None);
            Fill(file, fill.ActiveFile - Lru[node].Pages(LruList.ActiveFile), PageFlags.Active);
        }

        Lru.DrainAll();
        Lru.Collect();
    }

    /// <summary>
    /// Both generations of a machine whose youngest are its active lists: when generations were switched on, pages of active
    /// lists became the youngest, anonymous ones of inactive lists the second youngest (fill_evictable). A snapshot has their
    /// sum; the youngest are taken to be those that programs use.
    /// </summary>
    private static LruFill AsGens(LruFill fill)
    {
        long youngest = Math.Min(fill.MappedActive, fill.ActiveAnon);
        return fill with { InactiveAnon = fill.InactiveAnon + fill.ActiveAnon - youngest };
    }

    private void Fill(int inode, long pages, PageFlags flags)
    {
        for (long i = 0; i < pages; i++)
        {
            ulong index = Inodes.Inodes[inode].SizePages;
            Inodes.Inodes[inode].SizeBytes += 4096;
            uint pfn = FilePages.Add(inode, index);
            if (pfn == 0)
                return;
            Lru.DrainAll();
            MemMap[pfn].Flags |= flags & PageFlags.Dirty;
            Lru.Place(pfn, isActive: (flags & PageFlags.Active) != 0);
        }
    }
}
