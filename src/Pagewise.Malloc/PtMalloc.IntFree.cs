using System.Runtime.CompilerServices;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <content>
/// Giving a chunk back to its arena (_int_free): tcache, fast bin, or merged with free neighbours into the unsorted
/// bin or top; and giving top's memory back to the system.
/// </content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private const ulong FastbinConsolidationThreshold = 65536;

    // haveLock: the call is part of another one on the same arena, which is why one more check is made there.
    private void IntFree(ulong av, ulong chunk, bool haveLock)
    {
        ulong size = ChunkSize(chunk);
        if (chunk > Word(0 - size) || IsMisalignedChunk(chunk))
            MallocPrinterr("free(): invalid pointer");
        if (size < MinSize || (size & AlignMask) != 0)
            MallocPrinterr("free(): invalid size");
        if (_tcache != 0 && size < _mp.TcacheLimit)
        {
            ulong index = Csize2Tidx(size);
            if (ReadWord(Chunk2Mem(chunk) + SizeSz) == TcacheKey)
                CheckTcacheDoubleFree(Chunk2Mem(chunk), index);

            // This path is older than the bins of large chunks, and meets them only where a change of 2.42 is taken back.
            if ((TRelease.TcacheLargeBins == 0 || index < TcacheSmallBins) && TcacheHasRoom(index))
            {
                TcachePut(chunk, index);
                return;
            }
        }

        FreeToArena(av, chunk, size, haveLock);
    }

    /// <summary>Gives back what another call on the same arena cut off or left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FreeRest(ulong av, ulong chunk)
    {
        if (TRelease.RestsBypassTcache)
            FreeToArena(av, chunk, ChunkSize(chunk), haveLock: true);
        else
            IntFree(av, chunk, haveLock: true);
    }

    /// <summary>free from 2.42 on: one path, which tells mapped chunks last.</summary>
    private void FreeTcacheFirst(ulong mem)
    {
        ulong chunk = Mem2Chunk(mem);
        ulong head = Head(chunk);
        ulong size = head & ~SizeBits;
        if (IsMisalignedChunk(chunk))
            MallocPrinterr("free(): invalid pointer");
        if (size < _mp.TcacheLimit)
        {
            if (_tcache == 0 && TRelease.TcacheBirth == TcacheBirth.FirstPut)
                TcacheInit();
            if (_tcache != 0 && TcacheFree(mem, chunk, head, size))
                return;
        }

        if (size < MinSize || Word(chunk + size - MinSize) < chunk)
            MallocPrinterr("free(): invalid size");
        FreeToArena(ArenaForChunk(chunk), chunk, size, haveLock: false);
    }

    private bool TcacheFree(ulong mem, ulong chunk, ulong head, ulong size)
    {
        ulong index = Csize2Tidx(size);
        if (ReadWord(mem + SizeSz) == TcacheKey)
            CheckTcacheDoubleFree(mem, index);
        if (index < TcacheSmallBins)
        {
            if (!TcacheHasRoom(index))
                return false;
            TcachePut(chunk, index);
            return true;
        }

        if (size < MinSize || (!TRelease.TcacheKeepsMmapped && (head & IsMmappedBit) != 0))
            return false;
        index = LargeCsize2Tidx(size);
        if (!TcacheHasRoom(index))
            return false;
        TcachePutLarge(chunk, index);
        return true;
    }

    private void FreeToArena(ulong av, ulong chunk, ulong size, bool haveLock)
    {
        if (TRelease.HasFastbins && size <= _globalMaxFast)
        {
            FreeToFastbin(av, chunk, size, haveLock);
            return;
        }

        if (IsMmapped(chunk))
        {
            FreeMmapped(chunk, Head(chunk));
            return;
        }

        MergeIntoArena(av, chunk, size);
    }

    /// <summary>Merges a chunk that was in use with its neighbours, bins the result, and trims when it is large.</summary>
    private void MergeIntoArena(ulong av, ulong chunk, ulong size)
    {
        ulong next = chunk + size;
        ulong top = Top(av);
        if (chunk == top)
            MallocPrinterr("double free or corruption (top)");
        if (IsContiguous(av) && next >= top + ChunkSize(top))
            MallocPrinterr("double free or corruption (out)");
        ulong nextHead = Head(next);
        if ((nextHead & PrevInuseBit) == 0)
            MallocPrinterr("double free or corruption (!prev)");
        if (nextHead <= ChunkHdrSz || (nextHead & ~SizeBits) >= SystemMem(av))
            MallocPrinterr("free(): invalid next size (normal)");
        FreePerturb(chunk, size);

        TrimAfter(av, MergeAndBin(av, chunk, size, freed: true));
    }

    // A large merged chunk is a sign that top may have grown enough to be given back in part.
    private void TrimAfter(ulong av, ulong mergedSize)
    {
        if (mergedSize < FastbinConsolidationThreshold)
            return;
        if (HaveFastchunks(av))
            MallocConsolidate(av);
        if (av != _mainArena)
            _ = HeapTrim(HeapForPtr(Top(av)), _mp.TopPad);
        else if (ChunkSize(Top(av)) >= _mp.TrimThreshold)
            _ = Systrim(_mp.TopPad, av);
    }

    private void FreeToFastbin(ulong av, ulong chunk, ulong size, bool haveLock)
    {
        ulong nextHead = Head(chunk + size);
        if (nextHead <= ChunkHdrSz || (nextHead & ~SizeBits) >= SystemMem(av))
            MallocPrinterr("free(): invalid next size (fast)");
        FreePerturb(chunk, size);
        SetHaveFastchunks(av, true);
        int index = FastbinIndex(size);
        ulong bin = FastbinAt(av, index);
        ulong old = ReadWord(bin);
        if (old == chunk)
            MallocPrinterr("double free or corruption (fasttop)");
        if (haveLock && old != 0 && FastbinIndex(ChunkSize(old)) != index)
            MallocPrinterr("invalid fastbin entry (free)");
        WriteWord(Chunk2Mem(chunk), ProtectPtr(Chunk2Mem(chunk), old));
        WriteWord(bin, chunk);
    }

    private void FreePerturb(ulong chunk, ulong size)
    {
        if (_perturb != 0)
            _memory.Fill(Chunk2Mem(chunk), (byte)_perturb, size - ChunkHdrSz);
    }

    /// <summary>
    /// Merges a chunk with the free chunk before it and the free chunk or top behind it, and bins the result unless it
    /// became top. Returns the merged size.
    /// </summary>
    /// <param name="av">The arena.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="size">Its size, in bytes.</param>
    /// <param name="freed">Whether it was just freed; else it comes from a fast bin.</param>
    private ulong MergeAndBin(ulong av, ulong chunk, ulong size, bool freed)
    {
        ulong next = chunk + size;
        ulong nextSize = ChunkSize(next);
        if (!PrevInuse(chunk))
        {
            ulong prevSize = PrevSize(chunk);
            size += prevSize;
            chunk -= prevSize;
            if (ChunkSize(chunk) != prevSize)
                MallocPrinterr(freed ? "corrupted size vs. prev_size while consolidating" : "corrupted size vs. prev_size in fastbins");
            UnlinkChunk(chunk);
        }

        return BinMerged(av, chunk, size, next, nextSize, freed);
    }

    /// <summary>Makes a free chunk of a place whose predecessor is in use, merging it with what follows.</summary>
    private ulong BinMerged(ulong av, ulong chunk, ulong size, ulong next, ulong nextSize, bool freed)
    {
        if (next == Top(av))
        {
            size += nextSize;
            SetHead(chunk, size | PrevInuseBit);
            SetTop(av, chunk);
            return size;
        }

        if (!InuseBitAtOffset(next, nextSize))
        {
            UnlinkChunk(next);
            size += nextSize;
        }
        else
        {
            ClearPrevInuse(next);
        }

        if (TRelease.FreedSmallToSmallbins && freed && InSmallbinRange(size))
            LinkSmallbin(av, chunk, size);
        else
            LinkUnsorted(av, chunk, size, freed ? "free(): corrupted unsorted chunks" : null);
        SetHead(chunk, size | PrevInuseBit);
        SetFoot(chunk, size);
        return size;
    }

    private void LinkSmallbin(ulong av, ulong chunk, ulong size)
    {
        int index = SmallbinIndex(size);
        ulong bin = BinAt(av, index);
        ulong first = Fd(bin);
        if (Bk(first) != bin)
            MallocPrinterr("free(): chunks in smallbin corrupted");
        MarkBin(av, index);
        SetBk(chunk, bin);
        SetFd(chunk, first);
        SetFd(bin, chunk);
        SetBk(first, chunk);
    }

    /// <summary>
    /// Gives whole pages at the end of main arena's top back by lowering the break, keeping <paramref name="pad"/>
    /// bytes. Only when the break is still where top ends. Returns whether memory was released.
    /// </summary>
    private bool Systrim(ulong pad, ulong av)
    {
        ulong top = Top(av);
        ulong topSize = ChunkSize(top);
        ulong topArea = Word(topSize - MinSize - 1);
        if (topArea <= pad)
            return false;
        ulong extra = AlignDown(topArea - pad, _mp.ThpPagesize != 0 ? _mp.ThpPagesize : PageSize);
        if (extra == 0)
            return false;
        if (!Morecore(0, out ulong currentBrk) || currentBrk != top + topSize)
            return false;
        _ = Morecore(-(long)extra, out _);
        if (!Morecore(0, out ulong newBrk))
            return false;
        ulong released = currentBrk - newBrk;
        if (released == 0)
            return false;
        AddSystemMem(av, 0 - released);
        SetHead(top, (topSize - released) | PrevInuseBit);
        return true;
    }

    /// <summary>
    /// malloc_trim's work on one arena (mtrim): consolidates, tells the kernel which whole pages inside large free chunks
    /// it may drop, and trims the main arena's top.
    /// </summary>
    private bool Mtrim(ulong av, ulong pad)
    {
        MallocConsolidate(av);
        ulong pageMask = PageSize - 1;
        int pageBin = BinIndex(PageSize);
        bool result = false;
        for (int i = 1; i < NBins; i++)
        {
            if (i != 1 && i < pageBin)
                continue;
            ulong bin = BinAt(av, i);
            for (ulong chunk = Bk(bin); chunk != bin; chunk = Bk(chunk))
            {
                ulong size = ChunkSize(chunk);
                ulong header = 6 * SizeSz;
                if (size <= pageMask + header)
                    continue;
                ulong firstPage = (chunk + header + pageMask) & ~pageMask;
                ulong rest = size - (firstPage - chunk);
                if (rest <= pageMask)
                    continue;
                _ = _sys.Madvise(firstPage, rest & ~pageMask, Abi.Madvice.DontNeed);
                result = true;
            }
        }

        if (av == _mainArena)
            result |= Systrim(pad, av);
        return result;
    }
}
