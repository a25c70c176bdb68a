using System.Numerics;
using System.Runtime.CompilerServices;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <content>
/// The per-thread cache (tcache_perthread_struct): singly linked lists of chunks of one size, with their counts, in a
/// block of the heap itself; from 2.42 on also lists of large chunks, ascending by size. Cached chunks stay marked in use.
/// </content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private const ulong TcacheSmallBins = 64;

    /// <summary>The current thread's tcache_perthread_struct; 0 while it has none.</summary>
    private ulong _tcache;

    private static ulong TcacheAllBins
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TcacheSmallBins + (ulong)TRelease.TcacheLargeBins;
    }

    private static ulong MaxTcacheSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ((TcacheSmallBins - 1) * TAbi.MallocAlignment) + MinSize - SizeSz;
    }

    private static ulong MaxTcacheChunk => ((TcacheSmallBins - 1) * TAbi.MallocAlignment) + MinSize;

    private static ulong DefaultTcacheLimit => TRelease.TcacheLimitIsInclusive ? MaxTcacheChunk + 1 : MaxTcacheSize;

    private static ulong TcacheEntriesOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => AlignUp(TcacheAllBins * 2, SizeSz);
    }

    private static ulong TcacheStructSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TcacheEntriesOffset + (TcacheAllBins * SizeSz);
    }

    private ulong TcacheKey
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TRelease.TcacheKeyIsRandom ? Word(_options.TcacheKey) : _tcache;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Csize2Tidx(ulong chunkSize) => (chunkSize - MinSize) / TAbi.MallocAlignment;

    /// <summary>The bin of a large chunk: one for each power of two.</summary>
    private static ulong LargeCsize2Tidx(ulong chunkSize)
    {
        ulong largestSmall = TRelease.TcacheLimitIsInclusive ? MaxTcacheChunk : MaxTcacheSize;
        return TcacheSmallBins + (ulong)BitOperations.Log2(chunkSize) - (ulong)BitOperations.Log2(largestSmall);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong TcacheSlot(ulong index) => _tcache + TcacheEntriesOffset + (index * TAbi.SizeSz);

    /// <summary>Whether the current thread, which has a tcache, may put one more chunk of a size class aside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TcacheHasRoom(ulong index) => TRelease.TcacheCountsPlaces
        ? _memory.ReadU16(_tcache + (index * 2)) != 0
        : _memory.ReadU16(_tcache + (index * 2)) < _mp.TcacheCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddToTcacheCount(ulong index, int delta)
    {
        ulong count = _tcache + (index * 2);
        _memory.WriteU16(count, (ushort)(_memory.ReadU16(count) + (TRelease.TcacheCountsPlaces ? -delta : delta)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TcachePut(ulong chunk, ulong index)
    {
        ulong entry = Chunk2Mem(chunk);
        ulong slot = TcacheSlot(index);
        WriteWord(entry + TAbi.SizeSz, TcacheKey);
        WriteWord(entry, ProtectPtr(entry, ReadWord(slot)));
        WriteWord(slot, entry);
        AddToTcacheCount(index, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong TcacheGet(ulong index)
    {
        ulong slot = TcacheSlot(index);
        ulong entry = ReadWord(slot);
        if (TRelease.SafeLinking && (entry & AlignMask) != 0)
            MallocPrinterr("malloc(): unaligned tcache chunk detected");
        WriteWord(slot, RevealPtr(entry));
        AddToTcacheCount(index, -1);
        WriteWord(entry + TAbi.SizeSz, 0);
        return entry;
    }

    /// <summary>A cached block for a chunk size; 0 when there is none. The thread's tcache may be born here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong TcacheTake(ulong nb)
    {
        if (nb >= _mp.TcacheLimit)
            return 0;
        if (_tcache == 0)
        {
            if (TRelease.TcacheBirth == TcacheBirth.FirstCacheableRequest)
                TcacheInit();
            return 0;
        }

        ulong index = Csize2Tidx(nb);
        if (TRelease.TcacheLargeBins > 0 && index >= TcacheSmallBins)
            return TcacheTakeLarge(nb);
        bool available = TRelease.TcacheCountsPlaces ? ReadWord(TcacheSlot(index)) != 0 : _memory.ReadU16(_tcache + (index * 2)) > 0;
        return available ? TcacheGet(index) : 0;
    }

    private ulong TcacheTakeLarge(ulong nb)
    {
        ulong index = LargeCsize2Tidx(nb);
        ulong before = TcachePlaceBySize(index, nb, out ulong entry);
        if (entry == 0 || (!TRelease.LargeTcacheGivesLarger && ChunkSize(Mem2Chunk(entry)) != nb))
            return 0;
        return TcacheTakeOut(index, before, entry);
    }

    /// <summary>Puts a large chunk into its list, before those of its size.</summary>
    private void TcachePutLarge(ulong chunk, ulong index)
    {
        ulong entry = Chunk2Mem(chunk);
        ulong before = TcachePlaceBySize(index, ChunkSize(chunk), out ulong next);
        WriteWord(entry + SizeSz, TcacheKey);
        WriteWord(entry, ProtectPtr(entry, next));
        if (before == 0)
            WriteWord(TcacheSlot(index), entry);
        else
            WriteWord(before, ProtectPtr(before, entry));
        AddToTcacheCount(index, 1);
    }

    // The first entry of at least a size, and the one before it (0: the list's head).
    private ulong TcachePlaceBySize(ulong index, ulong size, out ulong entry)
    {
        ulong before = 0;
        entry = ReadWord(TcacheSlot(index));
        while (entry != 0 && ChunkSize(Mem2Chunk(entry)) < size)
        {
            before = entry;
            entry = RevealPtr(entry);
        }

        return before;
    }

    private ulong TcacheTakeOut(ulong index, ulong before, ulong entry)
    {
        if ((entry & AlignMask) != 0)
            MallocPrinterr("malloc(): unaligned tcache chunk detected");
        if (before == 0)
            WriteWord(TcacheSlot(index), RevealPtr(entry));
        else
            WriteWord(before, ProtectPtr(before, RevealPtr(entry)));
        AddToTcacheCount(index, -1);
        WriteWord(entry + SizeSz, 0);
        return entry;
    }

    /// <summary>A cached block of exactly a chunk size that is aligned, the first in its list; 0 when there is none.</summary>
    private ulong TcacheTakeAligned(ulong nb, ulong alignment)
    {
        if (nb >= _mp.TcacheLimit)
            return 0;
        if (_tcache == 0)
        {
            if (TRelease.TcacheBirth == TcacheBirth.FirstCacheableRequest)
                TcacheInit();
            return 0;
        }

        ulong index = Csize2Tidx(nb);
        bool large = TRelease.TcacheLargeBins > 0 && index >= TcacheSmallBins;
        if (large)
            index = LargeCsize2Tidx(nb);
        ulong before = 0;
        for (ulong entry = ReadWord(TcacheSlot(index)); entry != 0; before = entry, entry = RevealPtr(entry))
        {
            ulong size = large ? ChunkSize(Mem2Chunk(entry)) : nb;
            if (size > nb)
                return 0;
            if (size == nb && (entry & (alignment - 1)) == 0)
                return TcacheTakeOut(index, before, entry);
        }

        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MaybeInitTcache()
    {
        if (TRelease.TcacheBirth == TcacheBirth.FirstCall && _tcache == 0)
            TcacheInit();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TcacheInit()
    {
        if (_threads[_currentThread].TcacheShuttingDown)
            return;
        if (TRelease.TcacheBirth == TcacheBirth.FirstPut)
        {
            // Whatever comes of it, it is tried once.
            _threads[_currentThread].TcacheShuttingDown = true;
            if (_mp.TcacheCount == 0)
                return;
        }

        if (TRelease.TcacheBirth != TcacheBirth.FirstCall)
        {
            BeginTcache(MallocFromArena(TcacheStructSize));
            return;
        }

        ulong av = ArenaGet(TcacheStructSize);
        ulong mem = IntMalloc(av, TcacheStructSize);
        if (mem == 0)
            mem = IntMalloc(ArenaGetRetry(av, TcacheStructSize), TcacheStructSize);
        BeginTcache(mem);
    }

    /// <summary>
    /// The tcache is born where malloc is about to put a chunk aside, from the arena at hand. The size is padded twice.
    /// </summary>
    private void TcacheInitInArena(ulong av)
    {
        if (_threads[_currentThread].TcacheShuttingDown)
            return;
        _threads[_currentThread].TcacheShuttingDown = true;
        if (_mp.TcacheCount != 0)
            BeginTcache(IntMalloc(av, Request2Size(TcacheStructSize)));
    }

    private void BeginTcache(ulong mem)
    {
        if (mem == 0)
            return;
        _memory.Fill(mem, 0, TcacheStructSize);
        for (ulong i = 0; TRelease.TcacheCountsPlaces && i < TcacheAllBins; i++)
            _memory.WriteU16(mem + (i * 2), (ushort)_mp.TcacheCount);
        _tcache = mem;
    }

    // The word that marks a cached chunk is the program's own data while the chunk is in use, so a match is only a
    // suspicion: the list decides. From 2.42 on all lists do, and a chunk that is in none loses the mark.
    private void CheckTcacheDoubleFree(ulong entry, ulong index)
    {
        if (!TRelease.TcacheCountsPlaces)
        {
            CheckTcacheList(entry, index);
            return;
        }

        for (ulong i = 0; i < TcacheAllBins; i++)
            CheckTcacheList(entry, i);
        WriteWord(entry + SizeSz, 0);
    }

    private void CheckTcacheList(ulong entry, ulong index)
    {
        ulong count = 0;
        for (ulong e = ReadWord(TcacheSlot(index)); e != 0; e = RevealPtr(e), count++)
        {
            if (TRelease.TcacheListIsBounded && count >= _mp.TcacheCount)
                MallocPrinterr("free(): too many chunks detected in tcache");
            if (TRelease.SafeLinking && (e & AlignMask) != 0)
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
        for (ulong i = 0; i < TcacheAllBins; i++)
        {
            ulong slot = tcache + TcacheEntriesOffset + (i * SizeSz);
            for (ulong e = ReadWord(slot); e != 0; e = ReadWord(slot))
            {
                if (TRelease.SafeLinking && (e & AlignMask) != 0)
                    MallocPrinterr("tcache_thread_shutdown(): unaligned tcache chunk detected");
                WriteWord(slot, RevealPtr(e));
                if (TRelease.TcacheKeepsMmapped)
                    WriteWord(e + SizeSz, 0);
                Free(e);
            }
        }

        Free(tcache);
    }
}
