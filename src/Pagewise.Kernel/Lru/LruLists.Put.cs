using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.Lru;

/// <content>Dropping references of many frames: what loses its last one goes back to the allocator in Linux's order.</content>
public sealed partial class LruLists
{
    /// <summary>Frames at most whose references are dropped at once (MAX_NR_FOLIOS_PER_FREE).</summary>
    private const int MostPut = 512;

    private readonly uint[] _freeing = new uint[MostPut];

    /// <summary>
    /// Drops a reference of each frame (release_pages; since 6.9 folios_put_refs, a folio_batch at a time). Before 6.9
    /// what was released last is freed first, huge pages at once; since then they go in their order.
    /// </summary>
    /// <param name="heads">Single frames and first frames of huge pages; at most 512.</param>
    public void PutAll(ReadOnlySpan<uint> heads)
    {
        if (_freesInOrder)
        {
            for (; heads.Length > LruBatch.MostFrames; heads = heads[LruBatch.MostFrames..])
                PutFolios(heads[..LruBatch.MostFrames]);
            PutFolios(heads);
            return;
        }

        int free = MostPut;
        foreach (uint head in heads)
        {
            if (!PutTestZero(head))
                continue;
            if ((_memMap[head].Flags & PageFlags.Head) != 0)
                _allocator.FreePages(head, HugePage.Order);
            else
                _freeing[--free] = head;
        }

        _allocator.FreePagesList(_freeing.AsSpan(free));
    }

    private void PutFolios(ReadOnlySpan<uint> heads)
    {
        int free = 0;
        foreach (uint head in heads)
        {
            if (PutTestZero(head))
                _freeing[free++] = head;
        }

        _allocator.FreeFolios(_freeing.AsSpan(0, free));
    }

    /// <summary>Drops a reference; true when none is left, and the frame, in no list and not locked, is the caller's to free.</summary>
    private bool PutTestZero(uint head)
    {
        if (--_memMap[head].RefCount != 0)
            return false;
        Forget(head);
        return true;
    }
}
