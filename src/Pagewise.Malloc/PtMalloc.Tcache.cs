using System.Runtime.CompilerServices;

namespace Pagewise.Malloc;

/// <content>
/// The per-thread cache (tcache_perthread_struct): 64 singly linked lists of chunks of one size, with their counts, in
/// a block of the heap itself. Cached chunks stay marked in use.
/// </content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private const ulong TcacheMaxBins = 64;

    /// <summary>The current thread's tcache_perthread_struct; 0 before its first allocation and after its end.</summary>
    private ulong _tcache;

    private static ulong MaxTcacheSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ((TcacheMaxBins - 1) * TAbi.MallocAlignment) + MinSize - SizeSz;
    }

    private static ulong TcacheEntriesOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TcacheMaxBins * 2;
    }

    private static ulong TcacheStructSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TcacheMaxBins * (2 + SizeSz);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Csize2Tidx(ulong chunkSize) => (chunkSize - MinSize + AlignMask) / TAbi.MallocAlignment;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint TcacheCount(ulong index) => _memory.ReadU16(_tcache + (index * 2));

    /// <summary>Whether the current thread may put one more chunk of a size class aside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TcacheHasRoom(ulong index) => TcacheCount(index) < _mp.TcacheCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TcachePut(ulong chunk, ulong index)
    {
        ulong entry = Chunk2Mem(chunk);
        ulong slot = _tcache + TcacheEntriesOffset + (index * TAbi.SizeSz);
        WriteWord(entry + TAbi.SizeSz, _options.TcacheKey);
        WriteWord(entry, ProtectPtr(entry, ReadWord(slot)));
        WriteWord(slot, entry);
        ulong count = _tcache + (index * 2);
        _memory.WriteU16(count, (ushort)(_memory.ReadU16(count) + 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong TcacheGet(ulong index)
    {
        ulong slot = _tcache + TcacheEntriesOffset + (index * TAbi.SizeSz);
        ulong entry = ReadWord(slot);
        if ((entry & AlignMask) != 0)
            MallocPrinterr("malloc(): unaligned tcache chunk detected");
        WriteWord(slot, RevealPtr(entry));
        ulong count = _tcache + (index * 2);
        _memory.WriteU16(count, (ushort)(_memory.ReadU16(count) - 1));
        WriteWord(entry + TAbi.SizeSz, 0);
        return entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MaybeInitTcache()
    {
        if (_tcache == 0)
            TcacheInit();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TcacheInit()
    {
        if (_threads[_currentThread].TcacheShuttingDown)
            return;
        ulong av = ArenaGet(TcacheStructSize);
        ulong mem = IntMalloc(av, TcacheStructSize);
        if (mem == 0)
            mem = IntMalloc(ArenaGetRetry(av, TcacheStructSize), TcacheStructSize);
        if (mem == 0)
            return;
        _memory.Fill(mem, 0, TcacheStructSize);
        _tcache = mem;
    }

    // The word that marks a cached chunk is the program's own data while the chunk is in use, so a match is only a
    // suspicion: the list decides.
    private void CheckTcacheDoubleFree(ulong entry, ulong index)
    {
        ulong count = 0;
        for (ulong e = ReadWord(_tcache + TcacheEntriesOffset + (index * SizeSz)); e != 0; e = RevealPtr(e), count++)
        {
            if (count >= _mp.TcacheCount)
                MallocPrinterr("free(): too many chunks detected in tcache");
            if ((e & AlignMask) != 0)
                MallocPrinterr("free(): unaligned chunk detected in tcache 2");
            if (e == entry)
                MallocPrinterr("free(): double free detected in tcache 2");
        }
    }

    /// <summary>
    /// The end of a thread (tcache_thread_shutdown): every cached chunk goes back to its arena, bin by bin, then the
    /// cache's own block.
    /// </summary>
    private void TcacheThreadShutdown()
    {
        ulong tcache = _tcache;
        _threads[_currentThread].TcacheShuttingDown = true;
        if (tcache == 0)
            return;
        _tcache = 0;
        for (ulong i = 0; i < TcacheMaxBins; i++)
        {
            ulong slot = tcache + TcacheEntriesOffset + (i * SizeSz);
            for (ulong e = ReadWord(slot); e != 0; e = ReadWord(slot))
            {
                if ((e & AlignMask) != 0)
                    MallocPrinterr("tcache_thread_shutdown(): unaligned tcache chunk detected");
                WriteWord(slot, RevealPtr(e));
                Free(e);
            }
        }

        Free(tcache);
    }
}
