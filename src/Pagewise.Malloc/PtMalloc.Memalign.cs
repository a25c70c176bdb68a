using Pagewise.Abi;

namespace Pagewise.Malloc;

/// <content>Aligned blocks: memalign and the calls built on it.</content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    /// <summary>memalign(3): any alignment, rounded up to a power of two; 0 with ENOMEM or EINVAL.</summary>
    public ulong Memalign(ulong alignment, ulong bytes)
    {
        if (alignment <= TAbi.MallocAlignment)
            return Malloc(bytes);
        alignment = Math.Max(alignment, MinSize);
        if (alignment > (Word(ulong.MaxValue) / 2) + 1)
        {
            LastErrno = Errno.EINVAL;
            return 0;
        }

        if (!ulong.IsPow2(alignment))
        {
            ulong rounded = TAbi.MallocAlignment * 2;
            while (rounded < alignment)
                rounded <<= 1;
            alignment = rounded;
        }

        if (TRelease.MemalignUsesTcache)
        {
            if (!CheckedRequest2Size(bytes, out ulong nb))
                return 0;
            ulong cached = TcacheTakeAligned(nb, alignment);
            if (cached != 0)
                return cached;
        }

        if (_singleThread)
            return IntMemalign(_mainArena, alignment, bytes);
        ulong av = ArenaGet(Word(bytes + alignment + MinSize));
        ulong mem = IntMemalign(av, alignment, bytes);
        if (mem == 0 && av != 0)
            mem = IntMemalign(ArenaGetRetry(av, bytes), alignment, bytes);
        return mem;
    }

    /// <summary>aligned_alloc(3): memalign; from 2.38 on 0 with EINVAL for an alignment that is no power of two.</summary>
    public ulong AlignedAlloc(ulong alignment, ulong bytes)
    {
        if (!TRelease.AlignedAllocChecks || ulong.IsPow2(alignment))
            return Memalign(alignment, bytes);
        LastErrno = Errno.EINVAL;
        return 0;
    }

    /// <summary>posix_memalign(3): None with the block, or EINVAL for a bad alignment, or ENOMEM.</summary>
    public Errno PosixMemalign(ulong alignment, ulong bytes, out ulong mem)
    {
        mem = 0;
        if (alignment == 0 || alignment % SizeSz != 0 || !ulong.IsPow2(alignment))
            return Errno.EINVAL;
        mem = Memalign(alignment, bytes);
        return mem != 0 ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>valloc(3): page-aligned.</summary>
    public ulong Valloc(ulong bytes) => Memalign(PageSize, bytes);

    /// <summary>pvalloc(3): whole pages.</summary>
    public ulong Pvalloc(ulong bytes)
    {
        if (Word(bytes + PageSize - 1) < bytes)
            return OutOfMemory();
        return Memalign(PageSize, AlignUp(bytes, PageSize));
    }

    // A block large enough to hold an aligned one anywhere; what lies before and behind is given back.
    private ulong IntMemalign(ulong av, ulong alignment, ulong bytes)
    {
        if (!CheckedRequest2Size(bytes, out ulong nb))
            return 0;
        if (nb > Word(ulong.MaxValue) - alignment - MinSize)
            return OutOfMemory();
        ulong chunk = TRelease.MemalignSearchesBins ? FindForMemalign(av, alignment, nb) : 0;
        if (chunk == 0)
        {
            ulong mem = IntMalloc(av, nb + alignment + MinSize);
            if (mem == 0)
                return 0;
            chunk = Mem2Chunk(mem);
        }

        if (TRelease.MmappedChunkHasTail && IsMmapped(chunk))
            return AlignMmapped(chunk, Mem2Chunk(AlignUp(Chunk2Mem(chunk), alignment)));
        if ((Chunk2Mem(chunk) & (alignment - 1)) != 0)
        {
            ulong aligned = AlignedPlace(chunk, alignment);
            if (IsMmapped(chunk))
                return AlignMmapped(chunk, aligned);
            ulong lead = aligned - chunk;
            ulong rest = ChunkSize(chunk) - lead;
            SetHead(aligned, rest | PrevInuseBit | NonMainFlag(av));
            SetInuseBitAtOffset(aligned, rest);
            SetHeadSizeExactly(chunk, lead, av);
            if (TRelease.MemalignMergesRests)
                MergeIntoArena(av, chunk, lead);
            else
                IntFree(av, chunk, haveLock: true);
            chunk = aligned;
        }

        if (!IsMmapped(chunk))
            CutTail(av, chunk, nb);
        return Chunk2Mem(chunk);
    }

    // The first aligned block that leaves room for a chunk before it.
    private static ulong AlignedPlace(ulong chunk, ulong alignment)
    {
        if (TRelease.MmappedChunkHasTail)
            return Mem2Chunk(AlignUp(Chunk2Mem(chunk) + MinSize, alignment));
        ulong aligned = Mem2Chunk(AlignUp(Chunk2Mem(chunk), alignment));
        return aligned - chunk < MinSize ? aligned + alignment : aligned;
    }

    private ulong AlignMmapped(ulong chunk, ulong aligned)
    {
        ulong offset = PrevSize(chunk);
        SetMmapped(aligned, offset + aligned - chunk, offset + ChunkSize(chunk) + MmapTail);
        return Chunk2Mem(aligned);
    }

    private void CutTail(ulong av, ulong chunk, ulong nb)
    {
        ulong size = ChunkSize(chunk);
        ulong tail = chunk + nb;
        if (!TRelease.MemalignMergesRests)
        {
            if (size <= nb + MinSize)
                return;
            SetHead(tail, (size - nb) | PrevInuseBit | NonMainFlag(av));
            SetHeadSizeExactly(chunk, nb, av);
            IntFree(av, tail, haveLock: true);
            return;
        }

        // A tail too small for a chunk can still join what is free behind it.
        ulong next = chunk + size;
        ulong nextSize = ChunkSize(next);
        bool joins = !TRelease.MmappedChunkHasTail && (next == Top(av) || !InuseBitAtOffset(next, nextSize));
        if (size - nb < MinSize && !(size > nb && joins))
            return;
        SetHeadSizeExactly(chunk, nb, av);
        TrimAfter(av, BinMerged(av, tail, size - nb, next, nextSize, freed: true));
    }

    /// <summary>
    /// Looks in the bins from the size to twice the size for a chunk that holds an aligned block, in large bins for the
    /// one that wastes least, and takes it out; 0 when there is none.
    /// </summary>
    private ulong FindForMemalign(ulong av, ulong alignment, ulong nb)
    {
        if (av == 0)
            return 0;
        int last = BinIndex(nb * 2);
        for (int i = BinIndex(nb); i < last; i++)
        {
            ulong bin = BinAt(av, i);
            bool large = i >= LargebinIndex(MinLargeSize);
            ulong best = 0;
            ulong leastWaste = 0;
            for (ulong chunk = Fd(bin); chunk != bin; chunk = Fd(chunk))
            {
                if (large && ChunkSize(chunk) < nb)
                    break;
                ulong waste = MemalignWaste(chunk, alignment, nb);
                if (waste > 0 && (best == 0 || waste <= leastWaste))
                    (best, leastWaste) = (chunk, waste);
                if (best != 0 && !large)
                    break;
            }

            if (best == 0)
                continue;
            UnlinkChunk(best);
            MarkUsed(av, best, ChunkSize(best));
            return best;
        }

        return 0;
    }

    // What would be cut off, at least 1; 0 when the chunk does not do.
    private static ulong WasteOf(ulong size, ulong front, ulong nb) =>
        front > 0 && front < MinSize ? 0 : size == nb && front == 0 ? 1 : size > nb + front ? size - nb : 0;

    private ulong MemalignWaste(ulong chunk, ulong alignment, ulong nb)
    {
        if (IsMisalignedChunk(chunk))
            MallocPrinterr("_int_memalign(): unaligned chunk detected");
        ulong mem = Chunk2Mem(chunk);
        return WasteOf(ChunkSize(chunk), AlignUp(mem, alignment) - mem, nb);
    }
}
