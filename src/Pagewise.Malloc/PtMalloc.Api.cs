using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <content>The calls a program makes: malloc, calloc, realloc, free and malloc_usable_size.</content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    /// <summary>malloc(3): the block's address, or 0 with ENOMEM.</summary>
    public ulong Malloc(ulong bytes)
    {
        if (!CheckedRequest2Size(bytes, out ulong nb))
            return 0;
        MaybeInitTcache();
        ulong cached = TcacheTake(nb);
        return cached != 0 ? cached : MallocFromArena(bytes);
    }

    private ulong MallocFromArena(ulong bytes)
    {
        if (_singleThread)
            return IntMalloc(_mainArena, bytes);
        ulong av = ArenaGet(bytes);
        ulong mem = IntMalloc(av, bytes);
        if (mem == 0 && av != 0)
            mem = IntMalloc(ArenaGetRetry(av, bytes), bytes);
        return mem;
    }

    /// <summary>free(3).</summary>
    /// <exception cref="MallocAbortException">An integrity check failed.</exception>
    public void Free(ulong mem)
    {
        if (mem == 0)
            return;
        if (TRelease.RestsBypassTcache)
        {
            FreeTcacheFirst(mem);
            return;
        }

        ulong chunk = Mem2Chunk(mem);
        ulong head = Head(chunk);
        if ((head & IsMmappedBit) != 0)
        {
            FreeMmapped(chunk, head);
            return;
        }

        MaybeInitTcache();
        IntFree(ArenaForChunk(chunk), chunk, haveLock: false);
    }

    // A freed mapping of some size is taken as a sign that such blocks come and go: from now on they are taken from the
    // heap. The comparisons see the flag bits too, as in glibc.
    private void FreeMmapped(ulong chunk, ulong head)
    {
        if (!_mp.NoDynThreshold && head > _mp.MmapThreshold && head <= MmapThresholdMax)
        {
            _mp.MmapThreshold = head & ~SizeBits;
            _mp.TrimThreshold = 2 * _mp.MmapThreshold;
        }

        MunmapChunk(chunk);
    }

    /// <summary>calloc(3): a cleared block, or 0 with ENOMEM.</summary>
    public ulong Calloc(ulong count, ulong elementBytes)
    {
        UInt128 product = (UInt128)count * elementBytes;
        if (product > Word(ulong.MaxValue))
            return OutOfMemory();
        ulong bytes = (ulong)product;
        MaybeInitTcache();
        if (TRelease.CallocUsesTcache)
        {
            if (!CheckedRequest2Size(bytes, out ulong nb))
                return 0;
            ulong cached = TcacheTake(nb);
            if (cached != 0)
            {
                _memory.Fill(cached, 0, ChunkSize(Mem2Chunk(cached)) - SizeSz);
                return cached;
            }
        }

        ulong av = _singleThread ? _mainArena : ArenaGet(bytes);
        ulong oldTop = 0;
        ulong oldTopSize = 0;
        if (av != 0)
        {
            oldTop = Top(av);
            oldTopSize = OnceUsedTopSize(av, oldTop);
        }

        ulong mem = IntMalloc(av, bytes);
        if (mem == 0 && !_singleThread && av != 0)
            mem = IntMalloc(ArenaGetRetry(av, bytes), bytes);
        if (mem == 0)
            return 0;
        ulong chunk = Mem2Chunk(mem);
        ulong head = Head(chunk);
        if ((head & IsMmappedBit) != 0)
        {
            if (_perturb != 0)
                _memory.Fill(mem, 0, bytes);
            return mem;
        }

        ulong size = head & ~SizeBits;
        if (_perturb == 0 && chunk == oldTop && size > oldTopSize)
            size = oldTopSize;
        _memory.Fill(mem, 0, size - SizeSz);
        return mem;
    }

    // How much of top may hold old data: memory the kernel gave since is zero and is not cleared again.
    private ulong OnceUsedTopSize(ulong av, ulong top)
    {
        ulong size = ChunkSize(top);
        if (av == _mainArena)
        {
            ulong everUsed = Word(_mp.SbrkBase + MaxSystemMem(av) - top);
            return size < everUsed ? everUsed : size;
        }

        ulong heap = HeapForPtr(top);
        ulong everWritable = heap + HeapMprotectSize(heap) - top;
        return size < everWritable ? everWritable : size;
    }

    /// <summary>realloc(3). With 0 bytes it frees a block and returns 0, as glibc does.</summary>
    /// <exception cref="MallocAbortException">An integrity check failed.</exception>
    public ulong Realloc(ulong mem, ulong bytes)
    {
        if (mem == 0)
            return Malloc(bytes);
        if (bytes == 0)
        {
            Free(mem);
            return 0;
        }

        ulong chunk = Mem2Chunk(mem);
        ulong head = Head(chunk);
        ulong size = head & ~SizeBits;
        bool mmapped = (head & IsMmappedBit) != 0;
        if (TRelease.ReallocInPlace != ReallocInPlace.Never && FitsInPlace(MallocUsableSize(mem), bytes, mmapped))
            return mem;
        if (!mmapped)
            MaybeInitTcache();
        if (chunk > Word(0 - size) || IsMisalignedChunk(chunk))
            MallocPrinterr("realloc(): invalid pointer");
        if (!CheckedRequest2Size(bytes, out ulong nb))
            return 0;
        if (mmapped)
            return ReallocMmapped(mem, chunk, size, bytes, nb);

        ulong av = ArenaForChunk(chunk);
        ulong moved = IntRealloc(av, chunk, size, nb);
        if (moved != 0 || _singleThread)
            return moved;
        moved = Malloc(bytes);
        if (moved != 0)
        {
            _memory.Copy(moved, mem, size - SizeSz);
            FreeRest(av, chunk);
        }

        return moved;
    }

    private bool FitsInPlace(ulong usable, ulong bytes, bool mmapped)
    {
        if (bytes > usable)
            return false;
        ulong over = usable - bytes;
        return TRelease.ReallocInPlace switch
        {
            ReallocInPlace.WithinTrimThreshold => over <= _mp.TrimThreshold,
            ReallocInPlace.WithinPadding => over < 2 * SizeSz || (mmapped && over <= PageSize),
            _ => over < 2 * SizeSz,
        };
    }

    private ulong ReallocMmapped(ulong mem, ulong chunk, ulong size, ulong bytes, ulong nb)
    {
        ulong remapped = MremapChunk(chunk, nb);
        if (remapped != 0)
            return Chunk2Mem(remapped);
        if (TRelease.MmappedChunkHasTail ? bytes <= size - SizeSz : size - SizeSz >= nb)
            return mem;
        ulong moved = Malloc(bytes);
        if (moved == 0)
            return 0;
        _memory.Copy(moved, mem, size - ChunkHdrSz);
        MunmapChunk(chunk);
        return moved;
    }

    /// <summary>reallocarray(3).</summary>
    public ulong Reallocarray(ulong mem, ulong count, ulong elementBytes)
    {
        UInt128 product = (UInt128)count * elementBytes;
        return product > Word(ulong.MaxValue) ? OutOfMemory() : Realloc(mem, (ulong)product);
    }

    /// <summary>Resizes a block of an arena (_int_realloc): in place, into top, into a free neighbour, or by moving it.</summary>
    private ulong IntRealloc(ulong av, ulong chunk, ulong size, ulong nb)
    {
        if (Head(chunk) <= ChunkHdrSz || size >= SystemMem(av))
            MallocPrinterr("realloc(): invalid old size");
        ulong next = chunk + size;
        ulong nextHead = Head(next);
        ulong nextSize = nextHead & ~SizeBits;
        if (nextHead <= ChunkHdrSz || nextSize >= SystemMem(av))
            MallocPrinterr("realloc(): invalid next size");

        ulong newSize = size;
        if (size < nb)
        {
            ulong joined = size + nextSize;
            if (next == Top(av) && joined >= nb + MinSize)
            {
                SetHeadSizeExactly(chunk, nb, av);
                SetTop(av, chunk + nb);
                SetHead(chunk + nb, (joined - nb) | PrevInuseBit);
                return Chunk2Mem(chunk);
            }

            if (next != Top(av) && joined >= nb && !InuseBitAtOffset(next, nextSize))
            {
                UnlinkChunk(next);
                newSize = joined;
            }
            else
            {
                ulong moved = IntMalloc(av, nb - AlignMask);
                if (moved == 0)
                    return 0;
                if (Mem2Chunk(moved) != next)
                {
                    _memory.Copy(moved, Chunk2Mem(chunk), size - SizeSz);
                    FreeRest(av, chunk);
                    return moved;
                }

                // The new block is the neighbour itself: the old one just grows over it.
                newSize = size + ChunkSize(next);
            }
        }

        ulong rest = newSize - nb;
        if (rest < MinSize)
        {
            SetHeadSizeExactly(chunk, newSize, av);
            SetInuseBitAtOffset(chunk, newSize);
        }
        else
        {
            SetHeadSizeExactly(chunk, nb, av);
            SetHead(chunk + nb, rest | PrevInuseBit | NonMainFlag(av));
            SetInuseBitAtOffset(chunk + nb, rest);
            FreeRest(av, chunk + nb);
        }

        return Chunk2Mem(chunk);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetHeadSizeExactly(ulong chunk, ulong size, ulong av) =>
        SetHead(chunk, (Head(chunk) & PrevInuseBit) | size | NonMainFlag(av));

    /// <summary>malloc_usable_size(3): the bytes a block really holds; 0 for 0.</summary>
    public ulong MallocUsableSize(ulong mem)
    {
        if (mem == 0)
            return 0;
        ulong chunk = Mem2Chunk(mem);
        ulong head = Head(chunk);
        ulong size = head & ~SizeBits;
        if ((head & IsMmappedBit) != 0)
            return size - (TRelease.MmappedChunkHasTail ? SizeSz : ChunkHdrSz);
        return InuseBitAtOffset(chunk, size) ? size - SizeSz : 0;
    }
}
