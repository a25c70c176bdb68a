namespace Pagewise.Malloc;

/// <content>The invariants of a sound heap.</content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    /// <summary>
    /// Checks every arena: chunk sizes tile the heap, flags and feet agree, no two free chunks touch, lists hold what
    /// they should, large bins are sorted, the binmap covers every bin, tcache counts are right. For tests: it walks
    /// the whole heap and allocates.
    /// </summary>
    /// <exception cref="InvalidOperationException">An invariant does not hold: a bug in this allocator.</exception>
    public void Validate()
    {
        List<HeapChunk> chunks = WalkChunks();
        List<HeapChunk> listed = ListedChunks();
        var walked = new HashSet<ulong>();
        HeapChunk previous = default;
        foreach (HeapChunk chunk in chunks)
        {
            walked.Add(chunk.Address);
            bool follows = previous.SizeBytes != 0 && previous.State != HeapChunkState.Fence
                && previous.Address + previous.SizeBytes == chunk.Address;
            ValidateChunk(chunk, previous, follows);
            previous = chunk;
        }

        foreach (HeapChunk chunk in listed)
        {
            bool mapped = TRelease.TcacheKeepsMmapped && chunk.State == HeapChunkState.Tcache && IsMmapped(chunk.Address);
            Require(mapped || walked.Contains(chunk.Address), chunk, "is on a list and not in the heap");
        }

        foreach (ulong av in Arenas())
            ValidateArena(av, chunks);
        ValidateTcaches(listed);
    }

    private static bool IsBinned(HeapChunkState state) =>
        state is HeapChunkState.Unsorted or HeapChunkState.Small or HeapChunkState.Large;

    private static void Require(bool holds, HeapChunk chunk, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"chunk {chunk.Address:x} ({chunk.State}, {chunk.SizeBytes} bytes) {what}");
    }

    private void ValidateChunk(HeapChunk chunk, HeapChunk previous, bool follows)
    {
        if (chunk.State == HeapChunkState.Fence)
            return;
        Require(!IsMisalignedChunk(chunk.Address), chunk, "is misaligned");
        Require((chunk.SizeBytes & AlignMask) == 0 || chunk.State == HeapChunkState.Top, chunk, "has a misaligned size");
        Require(chunk.SizeBytes >= MinSize, chunk, "is too small");
        bool previousFree = follows && IsBinned(previous.State);
        Require(PrevInuse(chunk.Address) != previousFree, chunk, "has the wrong P bit");
        if (previousFree)
            Require(PrevSize(chunk.Address) == previous.SizeBytes, chunk, "has the wrong prev_size");
        if (IsBinned(chunk.State))
        {
            Require(!previousFree, chunk, "follows another free chunk");
            Require((Head(chunk.Address) & (NonMainArenaBit | IsMmappedBit)) == 0, chunk, "is free with A or M set");
        }
        else if (chunk.State != HeapChunkState.Top)
        {
            bool flagged = (Head(chunk.Address) & NonMainArenaBit) != 0;
            Require(flagged == (chunk.Arena != _mainArena) || IsClosedTop(chunk), chunk, "has the wrong A bit");
            Require((Head(chunk.Address) & IsMmappedBit) == 0, chunk, "has M set");
        }

        if (chunk.State == HeapChunkState.Top)
            Require(!previousFree, chunk, "follows a free chunk");
        if (chunk.State == HeapChunkState.Fast)
            Require(FastbinIndex(chunk.SizeBytes) == chunk.Index, chunk, $"is in fast bin {chunk.Index}");
        if (chunk.State == HeapChunkState.Tcache)
            Require((Csize2Tidx(chunk.SizeBytes) < TcacheSmallBins ? Csize2Tidx(chunk.SizeBytes) : LargeCsize2Tidx(chunk.SizeBytes)) == (ulong)chunk.Index, chunk, $"is in tcache bin {chunk.Index}");
        if (chunk.State is HeapChunkState.Small or HeapChunkState.Large)
            Require(BinIndex(chunk.SizeBytes) == chunk.Index, chunk, $"is in bin {chunk.Index}");
    }

    // What was left of a heap's top when the heap was closed, too small for a free chunk.
    private bool IsClosedTop(HeapChunk chunk) =>
        chunk.Arena != _mainArena && chunk.SizeBytes <= MinSize && ChunkSize(chunk.Address + chunk.SizeBytes) == 0;

    private void ValidateArena(ulong av, List<HeapChunk> chunks)
    {
        for (int i = 1; i < NBins; i++)
        {
            ulong bin = BinAt(av, i);
            for (ulong p = Fd(bin), before = bin; ; before = p, p = Fd(p))
            {
                if (Bk(p) != before)
                    throw new InvalidOperationException($"bin {i} of {av:x}: bk of {p:x} is not {before:x}");
                if (p == bin)
                    break;
            }

            if (i > 1 && Fd(bin) != bin && (Binmap(av, i >> 5) & (1u << (i & 31))) == 0)
                throw new InvalidOperationException($"bin {i} of {av:x} has chunks and no bit in the binmap");
            if (i >= NSmallbins)
                ValidateLargebin(bin, i);
        }

        ulong total = 0;
        ulong fences = 0;
        foreach (HeapChunk chunk in chunks)
        {
            if (chunk.Arena != av)
                continue;
            total += chunk.SizeBytes;
            fences += chunk.State == HeapChunkState.Fence ? 1UL : 0;
        }

        if (total > SystemMem(av) || (av == _mainArena && IsContiguous(av) && fences == 0 && SystemMem(av) - total >= TAbi.MallocAlignment))
            throw new InvalidOperationException($"arena {av:x} holds {SystemMem(av)} bytes of the system and {total} in chunks");
    }

    private void ValidateLargebin(ulong bin, int index)
    {
        ulong ringSize = 0;
        ulong last = ulong.MaxValue;
        ulong firstOfLast = 0;
        for (ulong p = Fd(bin); p != bin; p = Fd(p))
        {
            ulong size = ChunkSize(p);
            if (size > last)
                throw new InvalidOperationException($"large bin {index} is not sorted at {p:x}");
            bool first = size != last;
            if (first != (FdNextsize(p) != 0))
                throw new InvalidOperationException($"large bin {index}: {p:x} is {(first ? "not " : "")}on the ring of sizes");
            if (first)
            {
                ringSize++;
                if (firstOfLast != 0 && (FdNextsize(firstOfLast) != p || BkNextsize(p) != firstOfLast))
                    throw new InvalidOperationException($"large bin {index}: the ring of sizes is broken at {p:x}");
                firstOfLast = p;
            }

            last = size;
        }

        ulong head = Fd(bin);
        if (ringSize > 0 && (FdNextsize(firstOfLast) != head || BkNextsize(head) != firstOfLast))
            throw new InvalidOperationException($"large bin {index}: the ring of sizes is not closed");
    }

    private void ValidateTcaches(List<HeapChunk> listed)
    {
        var counts = new Dictionary<(int Thread, int Index), int>();
        foreach (HeapChunk chunk in listed)
        {
            if (chunk.State == HeapChunkState.Tcache)
                counts[(chunk.Thread, chunk.Index)] = counts.GetValueOrDefault((chunk.Thread, chunk.Index)) + 1;
        }

        for (int thread = 0; thread < _threads.Length; thread++)
        {
            ulong tcache = thread == _currentThread ? _tcache : _threads[thread].Tcache;
            for (int i = 0; tcache != 0 && i < (int)TcacheAllBins; i++)
            {
                int count = _memory.ReadU16(tcache + ((ulong)i * 2));
                if (TRelease.TcacheCountsPlaces)
                    count = (int)_mp.TcacheCount - count;
                if (count != counts.GetValueOrDefault((thread, i)))
                    throw new InvalidOperationException($"tcache bin {i} of thread {thread} counts {count}");
            }
        }
    }
}
