using System.Runtime.CompilerServices;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.Lru;

/// <content>The per-CPU batches in front of the lists (folio_batch_add_and_move, lru_add_drain; mm/swap.c).</content>
public sealed partial class LruLists
{
    /// <summary>Who listens; null: no one.</summary>
    public ILruTracepoints? Tracepoints { get; set; }

    /// <summary>Lets a frame wait for its place in a list (folio_add_lru).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(uint pfn)
    {
        // What a fault brings is of the youngest generation.
        if (InFault && (_memMap[pfn].Flags & PageFlags.Unevictable) == 0)
            _memMap[pfn].Flags |= PageFlags.Active;
        AddToBatch(pfn, LruMove.Add);
    }

    /// <summary>Lets a frame wait for the active list (folio_activate).</summary>
    public void Activate(uint pfn)
    {
        if ((_memMap[pfn].Flags & (PageFlags.Lru | PageFlags.Active | PageFlags.Unevictable)) == PageFlags.Lru)
            AddToBatch(pfn, LruMove.Activate);
    }

    /// <summary>Lets a frame wait to leave the active list: MADV_COLD (deactivate_page).</summary>
    public void Deactivate(uint pfn)
    {
        PageFlags active = PageFlags.Lru | (HasGens ? PageFlags.None : PageFlags.Active);
        if ((_memMap[pfn].Flags & (active | PageFlags.Unevictable)) == active)
            AddToBatch(pfn, LruMove.Deactivate);
    }

    /// <summary>Lets a page of a file that could not be dropped wait for the inactive list (deactivate_file_folio).</summary>
    public void DeactivateFile(uint pfn)
    {
        if ((_memMap[pfn].Flags & PageFlags.Unevictable) == 0)
            AddToBatch(pfn, LruMove.DeactivateFile);
    }

    /// <summary>Lets an anonymous page wait to be given up: MADV_FREE (mark_page_lazyfree).</summary>
    public void LazyFree(uint pfn)
    {
        if (MayLazyFree(_memMap[pfn].Flags, PageFlags.Lru))
            AddToBatch(pfn, LruMove.LazyFree);
    }

    /// <summary>A page that was to be freed after writing has been written: to the old end (folio_rotate_reclaimable).</summary>
    public void RotateReclaimable(uint pfn)
    {
        if ((_memMap[pfn].Flags & (PageFlags.Dirty | PageFlags.Unevictable | PageFlags.Lru)) == PageFlags.Lru)
            AddToBatch(pfn, LruMove.Rotate);
    }

    /// <summary>
    /// A page was used other than through an entry (folio_mark_accessed): the first time it is marked, the second time
    /// it becomes active.
    /// </summary>
    public void MarkAccessed(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if (HasGens)
        {
            IncRefs(pfn, ref frame);
            return;
        }

        if ((frame.Flags & PageFlags.Referenced) == 0)
        {
            frame.Flags |= PageFlags.Referenced;
            return;
        }

        if ((frame.Flags & (PageFlags.Unevictable | PageFlags.Active)) != 0)
            return;
        if ((frame.Flags & PageFlags.Lru) != 0)
            Activate(pfn);
        else
            ActivateWaiting(pfn);
        frame.Flags &= ~PageFlags.Referenced;
        AgeNonresident(LruvecOf(pfn), PagesOf(frame.Flags));
    }

    /// <summary>Empties this CPU's batches (lru_add_drain). Cheap while they are empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Drain() => Drain(_allocator.CurrentCpu);

    /// <summary>Empties the batches of all CPUs (lru_add_drain_all).</summary>
    public void DrainAll()
    {
        for (int cpu = 0; cpu < _zones.CpuCount; cpu++)
            Drain(cpu);
    }

    /// <summary>Frames that wait in any batch, for walkers; a frame may wait in several.</summary>
    public IReadOnlyList<uint> WaitingFrames()
    {
        var frames = new List<uint>();
        for (int batch = 0; batch < (int)_batches.Length; batch++)
        {
            for (int i = 0; i < _batches[batch].Count; i++)
                frames.Add(_batches[batch].Frames[i]);
        }

        return frames;
    }

    private void Drain(int cpu)
    {
        for (LruMove move = LruMove.Add; move <= LruMove.Activate; move++)
        {
            ref LruBatch batch = ref _batches[(cpu * MoveCount) + (int)move];
            if (batch.Count != 0)
                MoveBatch(ref batch, move);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddToBatch(uint pfn, LruMove move)
    {
        ref LruBatch batch = ref _batches[(_allocator.CurrentCpu * MoveCount) + (int)move];
        ref PageFrame frame = ref _memMap[pfn];
        frame.RefCount++;
        batch.Frames[batch.Count++] = pfn;
        if (batch.Count == _batchSize || (frame.Flags & PageFlags.Head) != 0)
            MoveBatch(ref batch, move);
    }

    /// <summary>folio_batch_move_lru: each frame to where it belongs, then its reference goes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MoveBatch(ref LruBatch batch, LruMove move)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            uint pfn = batch.Frames[i];
            ref PageFrame frame = ref _memMap[pfn];
            if (move == LruMove.Add)
            {
                PlaceByEvictable(ref frame);
                AddToList(pfn);
                frame.Flags |= PageFlags.Lru;
                Tracepoints?.MmLruInsertion(pfn, ListOf(frame.Flags));
            }
            else if ((frame.Flags & PageFlags.Lru) != 0)
            {
                Move(pfn, ref frame, move);
            }
        }

        int count = batch.Count;
        batch.Count = 0;
        ReadOnlySpan<uint> frames = batch.Frames;
        PutAll(frames[..count]);
    }

    private void Move(uint pfn, ref PageFrame frame, LruMove move)
    {
        PageFlags flags = frame.Flags;
        long pages = PagesOf(flags);
        if ((flags & PageFlags.Unevictable) != 0)
            return;
        bool isActive = (flags & PageFlags.Active) != 0;
        bool toTail = false;
        switch (move)
        {
            case LruMove.Rotate:
                Relink(pfn, flags & ~PageFlags.Active, toTail: true);
                _stat.PgRotated += pages;
                return;
            case LruMove.DeactivateFile when frame.MapCount == 0:
                toTail = (flags & (PageFlags.Writeback | PageFlags.Dirty)) == 0;
                Relink(pfn, (flags & ~(PageFlags.Active | PageFlags.Referenced)) | (toTail ? PageFlags.None : PageFlags.Reclaim), toTail);
                if (toTail)
                    _stat.PgRotated += pages;
                if (isActive)
                {
                    _stat.PgDeactivate += pages;
                    _memcgs.Count(frame.Memcg, MemcgStat.PgDeactivate, pages);
                }

                return;
            case LruMove.Deactivate when isActive || HasGens:
                Relink(pfn, flags & ~(PageFlags.Active | PageFlags.Referenced), toTail);
                _stat.PgDeactivate += pages;
                _memcgs.Count(frame.Memcg, MemcgStat.PgDeactivate, pages);
                return;
            case LruMove.LazyFree when MayLazyFree(flags, PageFlags.Lru):
                Relink(pfn, flags & ~(PageFlags.Active | PageFlags.Referenced | PageFlags.SwapBacked), toTail);
                _stat.PgLazyFree += pages;
                _memcgs.Count(frame.Memcg, MemcgStat.PgLazyFree, pages);
                return;
            case LruMove.Activate when !isActive:
                Relink(pfn, flags | PageFlags.Active, toTail);
                _stat.PgActivate += pages;
                _memcgs.Count(frame.Memcg, MemcgStat.PgActivate, pages);
                Tracepoints?.MmLruActivate(pfn);
                return;
            default:
                return;
        }
    }

    private static bool MayLazyFree(PageFlags flags, PageFlags needed) =>
        (flags & (PageFlags.Anon | PageFlags.SwapBacked | PageFlags.SwapCache | PageFlags.Unevictable | needed)) == (PageFlags.Anon | PageFlags.SwapBacked | needed);

    private void Relink(uint pfn, PageFlags flags, bool toTail)
    {
        RemoveFromList(pfn);
        _memMap[pfn].Flags = flags;
        AddToList(pfn, toTail);
    }

    /// <summary>A page that still waits to be added will be added as active (__lru_cache_activate_folio).</summary>
    private void ActivateWaiting(uint pfn)
    {
        ref LruBatch batch = ref _batches[(_allocator.CurrentCpu * MoveCount) + (int)LruMove.Add];
        for (int i = batch.Count - 1; i >= 0; i--)
        {
            if (batch.Frames[i] != pfn)
                continue;
            _memMap[pfn].Flags |= PageFlags.Active;
            return;
        }
    }
}
