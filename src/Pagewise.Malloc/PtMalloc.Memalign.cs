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

        if (_singleThread)
            return IntMemalign(_mainArena, alignment, bytes);
        ulong av = ArenaGet(Word(bytes + alignment + MinSize));
        ulong mem = IntMemalign(av, alignment, bytes);
        if (mem == 0 && av != 0)
            mem = IntMemalign(ArenaGetRetry(av, bytes), alignment, bytes);
        return mem;
    }

    /// <summary>aligned_alloc(3): in this release the same as memalign.</summary>
    public ulong AlignedAlloc(ulong alignment, ulong bytes) => Memalign(alignment, bytes);

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
        ulong mem = IntMalloc(av, nb + alignment + MinSize);
        if (mem == 0)
            return 0;
        ulong chunk = Mem2Chunk(mem);
        if ((mem & (alignment - 1)) != 0)
        {
            ulong aligned = Mem2Chunk(AlignUp(mem, alignment));
            if (aligned - chunk < MinSize)
                aligned += alignment;
            ulong lead = aligned - chunk;
            ulong rest = ChunkSize(chunk) - lead;
            if (IsMmapped(chunk))
            {
                SetPrevSize(aligned, PrevSize(chunk) + lead);
                SetHead(aligned, rest | IsMmappedBit);
                return Chunk2Mem(aligned);
            }

            SetHead(aligned, rest | PrevInuseBit | NonMainFlag(av));
            SetInuseBitAtOffset(aligned, rest);
            SetHeadSizeExactly(chunk, lead, av);
            IntFree(av, chunk, haveLock: true);
            chunk = aligned;
        }

        if (!IsMmapped(chunk))
        {
            ulong size = ChunkSize(chunk);
            if (size > nb + MinSize)
            {
                SetHead(chunk + nb, (size - nb) | PrevInuseBit | NonMainFlag(av));
                SetHeadSizeExactly(chunk, nb, av);
                IntFree(av, chunk + nb, haveLock: true);
            }
        }

        return Chunk2Mem(chunk);
    }
}
