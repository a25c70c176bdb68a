using Pagewise.Abi;

namespace Pagewise.Malloc;

/// <content>Getting memory from the system when an arena has none that fits (sysmalloc), and mapped chunks.</content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private const ulong MmapAsMorecoreSize = 1024 * 1024;

    /// <summary>libc's idea of the break (__curbrk); 0 before it asked.</summary>
    private ulong _curbrk;

    /// <summary>The program moved the break itself (sbrk outside malloc), so libc knows the new one.</summary>
    public void ProgramMovedBreak(ulong newBreak) => _curbrk = newBreak;

    /// <summary>sbrk: the old break in <paramref name="oldBreak"/>; false with ENOMEM when it could not move.</summary>
    private bool Morecore(long increment, out ulong oldBreak)
    {
        oldBreak = 0;
        if (_alwaysFailMorecore)
            return false;
        if (_curbrk == 0)
            _curbrk = _sys.Brk(0).Address;
        oldBreak = _curbrk;
        if (increment == 0)
            return true;
        ulong target = Word(oldBreak + (ulong)increment);
        if (increment > 0 ? target < oldBreak : oldBreak < (ulong)-increment)
            return Fails();
        _curbrk = _sys.Brk(target).Address;
        return _curbrk >= target || Fails();

        bool Fails()
        {
            LastErrno = Errno.ENOMEM;
            return false;
        }
    }

    private bool Mmap(ulong address, ulong lengthBytes, Prot prot, MapFlags extra, out ulong mapped)
    {
        SysResult result = _sys.Mmap(address, lengthBytes, prot, MapFlags.Private | MapFlags.Anonymous | extra, -1, 0);
        mapped = result.IsError ? 0 : result.Address;
        if (result.IsError)
            LastErrno = result.Errno;
        return !result.IsError;
    }

    /// <summary>With <c>glibc.malloc.hugetlb=1</c>, asks for huge pages in memory that was just got.</summary>
    private void MadviseThp(ulong address, ulong lengthBytes)
    {
        if (_mp.ThpPagesize == 0 || lengthBytes < _mp.ThpPagesize)
            return;
        ulong misalign = address & (PageSize - 1);
        _ = _sys.Madvise(address - misalign, lengthBytes + misalign, Madvice.HugePage);
    }

    /// <summary>A block of a chunk size from the system, by way of arena <paramref name="av"/> (0: there is none).</summary>
    private ulong Sysmalloc(ulong nb, ulong av)
    {
        bool triedMmap = false;
        if (av == 0 || (nb >= _mp.MmapThreshold && _mp.NMmaps < _mp.NMmapsMax))
        {
            ulong mem = SysmallocMmapAnyPage(nb);
            if (mem != 0)
                return mem;
            triedMmap = true;
        }

        if (av == 0)
            return 0;
        AssertTopIsSound(av);
        if (av != _mainArena)
        {
            ulong mem = GrowArena(nb, av, triedMmap);
            if (mem != 0)
                return mem;
        }
        else
        {
            GrowMainArena(nb);
        }

        if (SystemMem(av) > MaxSystemMem(av))
            SetMaxSystemMem(av, SystemMem(av));
        ulong top = Top(av);
        ulong size = ChunkSize(top);
        return size >= nb + MinSize ? SplitTop(av, top, size, nb) : OutOfMemory();
    }

    // An assertion of glibc's, which distributions leave in: top is either none yet, or ends on a page.
    private void AssertTopIsSound(ulong av)
    {
        ulong top = Top(av);
        ulong size = ChunkSize(top);
        if ((top == UnsortedChunks(av) && size == 0) || (size >= MinSize && PrevInuse(top) && ((top + size) & (PageSize - 1)) == 0))
            return;
        MallocPrinterr(TRelease.SysmallocAssertion + "(old_top == initial_top (av) && old_size == 0) || ((unsigned long) (old_size) >= MINSIZE && "
            + "prev_inuse (old_top) && ((unsigned long) old_end & (pagesize - 1)) == 0)" + (TRelease.SysmallocAssertion[^1] == '`' ? "' failed." : ""));
    }

    private ulong SysmallocMmapAnyPage(ulong nb)
    {
        if (_mp.HpPagesize > 0 && nb >= _mp.HpPagesize)
        {
            ulong mem = SysmallocMmap(nb, _mp.HpPagesize, MapFlags.HugeTlb | HugeTlbSizeFlags);
            if (mem != 0)
                return mem;
        }

        return SysmallocMmap(nb, PageSize, MapFlags.None);
    }

    /// <summary>A chunk that is a mapping of its own; 0 when it cannot be had.</summary>
    private ulong SysmallocMmap(ulong nb, ulong pageSize, MapFlags extra)
    {
        ulong slack = TAbi.MallocAlignment == ChunkHdrSz ? 0 : AlignMask;
        ulong size = AlignUp(nb + (TRelease.MmappedChunkHasTail ? TAbi.MallocAlignment : SizeSz + slack), pageSize);
        if (size <= nb || !Mmap(0, size, Prot.Read | Prot.Write, extra, out ulong map))
            return 0;
        MadviseThp(map, size);

        // The header's prev_size holds how far into the mapping the chunk begins.
        ulong misalign = Chunk2Mem(map) & AlignMask;
        ulong correction = misalign == 0 ? 0 : TAbi.MallocAlignment - misalign;
        ulong chunk = map + correction;
        SetMmapped(chunk, correction, size);
        _mp.NMmaps++;
        _mp.MaxNMmaps = Math.Max(_mp.MaxNMmaps, _mp.NMmaps);
        _mp.MmappedMem = Word(_mp.MmappedMem + size);
        _mp.MaxMmappedMem = Math.Max(_mp.MaxMmappedMem, _mp.MmappedMem);
        return Chunk2Mem(chunk);
    }

    private static ulong MmapTail => TRelease.MmappedChunkHasTail ? ChunkHdrSz : 0;

    private void SetMmapped(ulong chunk, ulong offset, ulong mappingBytes)
    {
        SetPrevSize(chunk, offset);
        SetHead(chunk, Word(mappingBytes - offset - MmapTail) | IsMmappedBit);
    }

    private void MunmapChunk(ulong chunk)
    {
        ulong prevSize = PrevSize(chunk);
        ulong block = Word(chunk - prevSize);
        ulong total = Word(prevSize + ChunkSize(chunk) + MmapTail);
        if (((block | total) & (PageSize - 1)) != 0 || !IsPowerOfTwoOrZero(Chunk2Mem(chunk) & (PageSize - 1)))
            MallocPrinterr("munmap_chunk(): invalid pointer");
        _mp.NMmaps--;
        _mp.MmappedMem = Word(_mp.MmappedMem - total);
        _ = _sys.Munmap(block, total);
    }

    /// <summary>Resizes a mapped chunk with mremap, perhaps moving it; 0 when the kernel refuses.</summary>
    private ulong MremapChunk(ulong chunk, ulong nb)
    {
        ulong offset = PrevSize(chunk);
        ulong block = Word(chunk - offset);
        ulong total = Word(offset + ChunkSize(chunk) + MmapTail);
        if (((block | total) & (PageSize - 1)) != 0 || !IsPowerOfTwoOrZero(Chunk2Mem(chunk) & (PageSize - 1)))
            MallocPrinterr("mremap_chunk(): invalid pointer");
        ulong newTotal = AlignUp(nb + offset + (TRelease.MmappedChunkHasTail ? ChunkHdrSz : SizeSz), PageSize);
        if (total == newTotal)
            return chunk;
        SysResult moved = _sys.Mremap(block, total, newTotal, MremapFlags.MayMove, 0);
        if (moved.IsError)
        {
            LastErrno = moved.Errno;
            return 0;
        }

        MadviseThp(moved.Address, newTotal);
        chunk = moved.Address + offset;
        SetMmapped(chunk, offset, newTotal);

        // From 2.43 on the count is off by the two words at the end, each time.
        _mp.MmappedMem = Word(_mp.MmappedMem + newTotal - total + MmapTail);
        _mp.MaxMmappedMem = Math.Max(_mp.MaxMmappedMem, _mp.MmappedMem);
        return chunk;
    }

    private static bool IsPowerOfTwoOrZero(ulong value) => (value & (value - 1)) == 0;

    private void GrowMainArena(ulong nb)
    {
        ulong oldTop = Top(_mainArena);
        ulong oldSize = ChunkSize(oldTop);
        ulong oldEnd = oldTop + oldSize;
        ulong size = Word(nb + _mp.TopPad + MinSize);
        if (IsContiguous(_mainArena))
            size = Word(size - oldSize);
        size = RoundMorecore(size);

        ulong brk = 0;
        ulong end = 0;
        bool haveEnd = false;
        bool grown = Signed(size) > 0 && Morecore(Signed(size), out brk);
        if (grown)
        {
            MadviseThp(brk, size);
        }
        else
        {
            if (!MmapFallback(ref size, nb, oldSize, out brk))
                return;
            haveEnd = true;
            end = brk + size;
        }

        if (_mp.SbrkBase == 0)
            _mp.SbrkBase = brk;
        AddSystemMem(_mainArena, size);
        if (brk == oldEnd && !haveEnd)
        {
            SetHead(oldTop, (size + oldSize) | PrevInuseBit);
            return;
        }

        if (IsContiguous(_mainArena) && oldSize != 0 && brk < oldEnd)
            MallocPrinterr("break adjusted to free malloc space");
        PlaceNewTop(oldTop, oldSize, oldEnd, brk, size, haveEnd, end);
    }

    private ulong RoundMorecore(ulong size)
    {
        if (_mp.ThpPagesize == 0)
            return AlignUp(size, PageSize);
        ulong brk = _curbrk;
        return Word(AlignUp(brk + size, _mp.ThpPagesize) - brk);
    }

    // The new memory does not follow the old top: someone else moved the break, or it is a mapping. Top moves there;
    // the old one is closed by two small chunks that look used, so that nothing merges across the gap.
    private void PlaceNewTop(ulong oldTop, ulong oldSize, ulong oldEnd, ulong brk, ulong size, bool haveEnd, ulong end)
    {
        ulong alignedBrk = brk;
        ulong correction = 0;
        ulong misalign = Chunk2Mem(brk) & AlignMask;
        if (IsContiguous(_mainArena))
        {
            if (oldSize != 0)
                AddSystemMem(_mainArena, brk - oldEnd);
            if (misalign > 0)
            {
                correction = TAbi.MallocAlignment - misalign;
                alignedBrk += correction;
            }

            correction += oldSize;
            ulong endMisalign = Word(brk + size + correction);
            correction = Word(correction + AlignUp(endMisalign, PageSize) - endMisalign);
            if (Morecore(Signed(correction), out end))
            {
                MadviseThp(end, correction);
            }
            else
            {
                correction = 0;
                if (!Morecore(0, out end))
                    return;
            }
        }
        else
        {
            if (TAbi.MallocAlignment != ChunkHdrSz && misalign > 0)
                alignedBrk += TAbi.MallocAlignment - misalign;
            if (!haveEnd && !Morecore(0, out end))
                return;
        }

        SetTop(_mainArena, alignedBrk);
        _mainParts.Add(alignedBrk);
        SetHead(alignedBrk, Word(end - alignedBrk + correction) | PrevInuseBit);
        AddSystemMem(_mainArena, correction);
        if (oldSize == 0)
            return;
        ulong closed = (oldSize - (2 * ChunkHdrSz)) & ~AlignMask;
        SetHead(oldTop, closed | PrevInuseBit);
        SetHead(oldTop + closed, ChunkHdrSz | PrevInuseBit);
        SetHead(oldTop + closed + ChunkHdrSz, ChunkHdrSz | PrevInuseBit);
        if (closed >= MinSize)
            FreeRest(_mainArena, oldTop);
    }

    /// <summary>The break is blocked: a mapping takes its place, and the main arena is contiguous no more.</summary>
    private bool MmapFallback(ref ulong size, ulong nb, ulong oldSize, out ulong brk)
    {
        if (_mp.HpPagesize > 0 && MmapFallback(ref size, nb, oldSize, _mp.HpPagesize, MapFlags.HugeTlb | HugeTlbSizeFlags, out brk))
            return true;
        return MmapFallback(ref size, nb, oldSize, PageSize, MapFlags.None, out brk);
    }

    private bool MmapFallback(ref ulong size, ulong nb, ulong oldSize, ulong pageSize, MapFlags extra, out ulong brk)
    {
        ulong unit = TRelease.MmapFallbackArgumentsExchanged ? MmapAsMorecoreSize : pageSize;
        ulong least = TRelease.MmapFallbackArgumentsExchanged ? pageSize : MmapAsMorecoreSize;
        ulong wanted = size;
        if (TRelease.MmapFallbackIsExact)
            wanted = AlignUp(nb + _mp.TopPad + MinSize, pageSize);
        else if (IsContiguous(_mainArena))
            wanted = AlignUp(wanted + oldSize, unit);
        wanted = Math.Max(wanted, least);
        brk = 0;
        if (wanted <= nb || !Mmap(0, wanted, Prot.Read | Prot.Write, extra, out brk))
            return false;
        MadviseThp(brk, wanted);
        SetNoncontiguous(_mainArena);
        size = wanted;
        return true;
    }
}
