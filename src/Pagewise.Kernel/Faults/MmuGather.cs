using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Faults;

/// <summary>
/// What an unmapping has taken out of the page tables and not yet given back: pages and tables wait until the TLBs have
/// forgotten them (struct mmu_gather, mm/mmu_gather.c). Linux notes pages in batches, eight on the stack and then a
/// frame of them at a time, so a large munmap takes frames before it gives any back; and each batch is released by
/// itself, which decides the order in which the allocator sees frames again.
/// </summary>
/// <remarks>
/// One gather is open at a time. Simplified: tables that Linux frees after an RCU grace period (6.14) go back at the end
/// of the flush, for nothing else runs meanwhile.
/// </remarks>
/// <typeparam name="TFormat">The page-table format.</typeparam>
internal sealed class MmuGather<TFormat>
    where TFormat : struct, IPageTableFormat
{
    /// <summary>Pages that the gather itself has room for (MMU_GATHER_BUNDLE).</summary>
    private const int Bundle = 8;

    /// <summary>Bytes of a batch's head: link, used and most entries.</summary>
    private const int BatchHeadBytes = 16;

    /// <summary>Bytes of the head of a batch of tables: RCU's, and the number of tables.</summary>
    private const int TableBatchHeadBytes = 24;

    private const int EntryBytes = 8;

    /// <summary>Pages noted in a frame (MAX_GATHER_BATCH).</summary>
    private const int PerBatch = (Pfn.SizeBytes - BatchHeadBytes) / EntryBytes;

    /// <summary>Frames of notes at most, so that releasing them takes no long (MAX_GATHER_BATCH_COUNT).</summary>
    private const int MaxBatches = 10_000 / PerBatch;

    /// <summary>Tables noted in a frame (MAX_TABLE_BATCH).</summary>
    private const int PerTableBatch = (Pfn.SizeBytes - TableBatchHeadBytes) / EntryBytes;

    private readonly AddressSpaceArenas _spaces;
    private readonly BuddyAllocator _allocator;
    private readonly LruLists _lru;
    private readonly SwapSpace _swap;
    private readonly MemMap _memMap;
    private readonly Cpus<TFormat> _cpus;
    private readonly PteTables<TFormat> _tables;
    private readonly bool _notesRuns;
    private readonly bool _delaysRmap;
    private readonly bool _tablesByRcu;
    private readonly bool _drainsLru;
    private readonly uint[] _notes = new uint[Bundle + (MaxBatches * PerBatch)];
    private readonly int[] _counts = new int[1 + MaxBatches];
    private readonly uint[] _frames = new uint[1 + MaxBatches];
    private readonly uint[] _tablesNoted = new uint[PerTableBatch];
    private int _mm;
    private int _depth;
    private int _batches;
    private int _active;
    private int _used;
    private uint _tableFrame;
    private int _tableCount;
    private bool _freedTables;
    private bool _rmapDelayed;
    private ulong _start;
    private ulong _end;

    public MmuGather(KernelState state, PteTables<TFormat> tables, Cpus<TFormat> cpus)
    {
        _spaces = state.Spaces;
        _allocator = state.Allocator;
        _lru = state.Lru;
        _swap = state.Swap;
        _memMap = state.MemMap;
        _tables = tables;
        _cpus = cpus;
        MmFeatures features = state.Settings.Features;
        _notesRuns = features.ZapsFoliosInBatches;
        _delaysRmap = features.DelaysRmapOfDirtyPages;
        _tablesByRcu = features.FreesTablesByRcu;
        _drainsLru = features.DrainsLruBeforeUnmapping;
    }

    /// <summary>Opens a gather for an address space (tlb_gather_mmu); within an open one it goes on with that.</summary>
    public void Begin(int mm)
    {
        if (_depth++ > 0)
            return;
        _mm = mm;
        _batches = 0;
        _active = 0;
        _used = 0;
        ResetRange();
    }

    /// <summary>Notes a page whose entry is gone; the entry's reference goes with the flush (__tlb_remove_folio_pages).</summary>
    /// <param name="pfn">The page; of a huge one, its first frame.</param>
    /// <param name="isRun">Whether entries of further pages of its folio went with it: then the note is two words long.</param>
    /// <returns>True when there is no room for more: flush.</returns>
    public bool RemovePage(uint pfn, bool isRun)
    {
        _notes[FirstOf(_active) + _counts[_active]] = pfn;
        _counts[_active]++;
        _used += isRun ? 2 : 1;
        int room = _active == 0 ? Bundle : PerBatch;
        // Since pages of a folio are noted together, two entries must fit.
        return _used >= (_notesRuns ? room - 1 : room) && !NextBatch();
    }

    /// <summary>Notes that entries of a range changed, so the TLBs must forget it (__tlb_adjust_range).</summary>
    public void Adjust(ulong start, ulong end)
    {
        _start = Math.Min(_start, start);
        _end = Math.Max(_end, end);
    }

    /// <summary>
    /// Notes that a dirty page of a file was unmapped: it must be known to be so before its mapping is forgotten, hence
    /// there are no new batches until the next flush (tlb_delay_rmap, 6.2).
    /// </summary>
    public void DelayRmap() => _rmapDelayed = _delaysRmap;

    /// <summary>Takes a table that nothing points to any more: noted like a page, since 6.14 by itself (tlb_remove_table).</summary>
    /// <param name="level">Its level.</param>
    /// <param name="pfn">Its frame.</param>
    /// <param name="address">An address that it mapped.</param>
    public void RemoveTable(int level, uint pfn, ulong address)
    {
        _tables.Uncount(ref _spaces.Mms[_mm], level, pfn);
        _freedTables = true;
        Adjust(address, address + Pfn.SizeBytes);
        if (!_tablesByRcu)
        {
            if (RemovePage(pfn, isRun: false))
                Flush();
            return;
        }

        if (_tableFrame == 0)
            _tableFrame = _allocator.AllocPages(Gfp.NoWait | Gfp.NoWarn, 0);
        _tablesNoted[_tableCount++] = pfn;
        if (_tableFrame == 0 || _tableCount == PerTableBatch)
        {
            FlushTlb();
            FreeTables();
        }
    }

    /// <summary>Makes the TLBs forget, then gives everything back (tlb_flush_mmu).</summary>
    public void Flush()
    {
        FlushTlb();
        for (int batch = 0; batch <= _batches && _counts[batch] > 0; batch++)
        {
            if (_drainsLru)
                _lru.Drain();
            Span<uint> pages = _notes.AsSpan(FirstOf(batch), _counts[batch]);
            if (_swap.HasAreas)
                FreeSwapCache(pages);
            _lru.PutAll(pages);
            _counts[batch] = 0;
        }

        FreeTables();
        _active = 0;
        _used = 0;
        _rmapDelayed = false;
    }

    /// <summary>Flushes, and gives the frames back that held the notes (tlb_finish_mmu).</summary>
    public void Finish()
    {
        if (--_depth > 0)
            return;
        Flush();
        for (int batch = 1; batch <= _batches; batch++)
            _allocator.FreePages(_frames[batch], 0);
        _batches = 0;
    }

    /// <summary>Pages that nothing maps any more give up their slots of swap (free_swap_cache).</summary>
    private void FreeSwapCache(ReadOnlySpan<uint> pages)
    {
        foreach (uint pfn in pages)
        {
            ref PageFrame frame = ref _memMap[pfn];
            if ((frame.Flags & PageFlags.SwapCache) != 0 && frame.MapCount == 0)
                _ = _swap.TryFree(pfn);
        }
    }

    private static int FirstOf(int batch) => batch == 0 ? 0 : Bundle + ((batch - 1) * PerBatch);

    /// <summary>tlb_next_batch: one used before, or a new frame.</summary>
    private bool NextBatch()
    {
        if (_rmapDelayed && _active != 0)
            return false;
        if (_active == _batches)
        {
            if (_batches == MaxBatches)
                return false;
            uint frame = _allocator.AllocPages(Gfp.NoWait | Gfp.NoWarn, 0);
            if (frame == 0)
                return false;
            _frames[++_batches] = frame;
        }

        _active++;
        _used = 0;
        return true;
    }

    private void ResetRange()
    {
        _start = ulong.MaxValue;
        _end = 0;
        _freedTables = false;
    }

    private void FlushTlb()
    {
        if (_start < _end)
            _cpus.FlushRange(_mm, _start, _end, Pfn.SizeBytes, _freedTables);
        ResetRange();
    }

    /// <summary>tlb_remove_table_rcu: one by one, then the frame that named them.</summary>
    private void FreeTables()
    {
        for (int i = 0; i < _tableCount; i++)
            _allocator.FreePages(_tablesNoted[i], 0);
        _tableCount = 0;
        if (_tableFrame != 0)
            _allocator.FreePages(_tableFrame, 0);
        _tableFrame = 0;
    }
}
