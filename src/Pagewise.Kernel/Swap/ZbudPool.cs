using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <summary>
/// Where zswap keeps compressed pages by default (mm/zbud.c, 6.1): at most two in a frame, one from its start and one from
/// its end, in chunks of 64 bytes. The frame used longest ago can be emptied.
/// </summary>
internal sealed class ZbudPool : IDisposable
{
    private const int ChunkShift = 6;
    private const int Chunks = (Pfn.SizeBytes >> ChunkShift) - 1;
    private const int MostReclaimTries = 8;

    private readonly BuddyAllocator _allocator;
    private readonly Arena<ZbudPage> _pages = new(1 << 24);
    private readonly int[] _unbuddied = new int[Chunks + 1];
    private AgeList<ZbudPage> _byAge;

    /// <summary>An empty pool.</summary>
    /// <param name="allocator">Who hands frames out.</param>
    public ZbudPool(BuddyAllocator allocator)
    {
        _allocator = allocator;
        _byAge = new AgeList<ZbudPage>(_pages);
    }

    /// <summary>What <see cref="Allocate"/> says of an object that is too long to share a frame (−ENOSPC).</summary>
    public const int TooLong = -1;

    /// <summary>Frames in use.</summary>
    public long Frames => _pages.Count;

    /// <summary>Room for an object; 0 when no frame is left.</summary>
    /// <param name="bytes">Its length, at least 1.</param>
    /// <param name="owner">Whose it is: told when its frame is emptied.</param>
    public int Allocate(int bytes, int owner)
    {
        int chunks = (bytes + (1 << ChunkShift) - 1) >> ChunkShift;
        if (chunks > Chunks - 1)
            return TooLong;
        int page = 0;
        for (int free = chunks; page == 0 && free <= Chunks; free++)
            page = _unbuddied[free];
        bool isNew = page == 0;
        if (isNew)
        {
            page = NewPage();
            if (page == 0)
                return 0;
        }
        else
        {
            UnlinkFree(page);
            _byAge.Remove(page);
        }

        ref ZbudPage taken = ref _pages[page];
        bool isLast = taken.FirstChunks != 0;
        if (isLast)
            (taken.LastChunks, taken.LastOwner) = (chunks, owner);
        else
            (taken.FirstChunks, taken.FirstOwner) = (chunks, owner);
        LinkFree(page);
        _byAge.AddNewest(page);
        return (page * 2) + (isLast ? 1 : 0);
    }

    /// <summary>An object goes; the second one frees the frame.</summary>
    /// <param name="handle">What <see cref="Allocate"/> gave.</param>
    public void Free(int handle)
    {
        int page = handle / 2;
        ref ZbudPage freed = ref _pages[page];
        bool isLinked = !freed.IsUnderReclaim;
        if (isLinked)
            UnlinkFree(page);
        if (handle % 2 == 1)
            freed.LastChunks = 0;
        else
            freed.FirstChunks = 0;
        if (!isLinked)
            return;
        if (freed.FirstChunks + freed.LastChunks != 0)
        {
            LinkFree(page);
            return;
        }

        _byAge.Remove(page);
        FreeFrame(page);
    }

    /// <summary>Empties the frame used longest ago, or one of those after it (zbud_reclaim_page).</summary>
    /// <param name="evict">Writes an owner's object elsewhere and frees it; false: it cannot now.</param>
    /// <returns>Whether a frame was freed.</returns>
    public bool Reclaim(Func<int, bool> evict)
    {
        for (int tries = 0; tries < MostReclaimTries && _byAge.Oldest != 0; tries++)
        {
            int page = _byAge.Oldest;
            _byAge.Remove(page);
            UnlinkFree(page);
            _pages[page].IsUnderReclaim = true;
            bool isEmpty = (_pages[page].FirstChunks == 0 || evict(_pages[page].FirstOwner)) && (_pages[page].LastChunks == 0 || evict(_pages[page].LastOwner));
            _pages[page].IsUnderReclaim = false;
            if (isEmpty || _pages[page].FirstChunks + _pages[page].LastChunks == 0)
            {
                FreeFrame(page);
                return true;
            }

            LinkFree(page);
            _byAge.AddNewest(page);
        }

        return false;
    }

    /// <summary>Adds the frames in use to a list, for walkers.</summary>
    public void CollectFrames(List<uint> into)
    {
        for (int page = _byAge.Newest; page != 0; page = _pages[page].Older)
            into.Add(_pages[page].Frame);
    }

    public void Dispose() => _pages.Dispose();

    private int NewPage()
    {
        int page = _pages.Allocate();
        if (page == 0)
            return 0;
        // Who reclaims may use the reserves (PF_MEMALLOC), and does not reclaim for it.
        uint pfn = _allocator.AllocPages(Gfp.NoRetry | Gfp.NoWarn | Gfp.KswapdReclaim | Gfp.MemAlloc, 0);
        if (pfn == 0)
        {
            _pages.Free(page);
            return 0;
        }

        _pages[page].Frame = pfn;
        return page;
    }

    private void FreeFrame(int page)
    {
        _allocator.FreePages(_pages[page].Frame, 0);
        _pages.Free(page);
    }

    /// <summary>The list a frame is found in by who wants room; 0: it has two objects.</summary>
    private int FreeList(in ZbudPage page) => page.FirstChunks != 0 && page.LastChunks != 0 ? 0 : Chunks - page.FirstChunks - page.LastChunks;

    private void LinkFree(int page)
    {
        ref ZbudPage linked = ref _pages[page];
        int list = FreeList(in linked);
        linked.Prev = 0;
        linked.Next = 0;
        if (list == 0)
            return;
        linked.Next = _unbuddied[list];
        if (linked.Next != 0)
            _pages[linked.Next].Prev = page;
        _unbuddied[list] = page;
    }

    private void UnlinkFree(int page)
    {
        ref ZbudPage linked = ref _pages[page];
        int list = FreeList(in linked);
        if (list == 0)
            return;
        (linked.Prev != 0 ? ref _pages[linked.Prev].Next : ref _unbuddied[list]) = linked.Next;
        if (linked.Next != 0)
            _pages[linked.Next].Prev = linked.Prev;
    }
}
