using System.Runtime.CompilerServices;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <content>
/// Taking a chunk from an arena (_int_malloc): fast bin, small bin, consolidation, unsorted bin, large bins by best
/// fit, top, the system.
/// </content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private const int MaxItersBeforeFit = 10000;

    /// <summary>A block for a request from an arena, or from a mapping when there is no arena (0); 0 when memory is out.</summary>
    private ulong IntMalloc(ulong av, ulong bytes)
    {
        if (!CheckedRequest2Size(bytes, out ulong nb))
            return 0;
        ulong mem = av == 0 ? Sysmalloc(nb, 0) : AllocateChunk(av, nb);
        if (_perturb != 0 && mem != 0)
            _memory.Fill(mem, (byte)(_perturb ^ 0xff), bytes);
        return mem;
    }

    private ulong AllocateChunk(ulong av, ulong nb)
    {
        ulong tidx = Csize2Tidx(nb);
        bool cacheable = _tcache != 0 && tidx < _mp.TcacheBins;
        if (TRelease.HasFastbins && nb <= _globalMaxFast)
        {
            ulong mem = TakeFromFastbin(av, nb, tidx, cacheable);
            if (mem != 0)
                return mem;
        }

        if (InSmallbinRange(nb))
        {
            ulong mem = TakeFromSmallbin(av, nb, tidx, cacheable);
            if (mem != 0)
                return mem;
        }
        else if (HaveFastchunks(av))
        {
            MallocConsolidate(av);
        }

        ulong sortedCount = 0;
        while (true)
        {
            ulong mem = SortUnsorted(av, nb, tidx, cacheable, ref sortedCount);
            if (mem == 0 && !InSmallbinRange(nb))
                mem = TakeFromLargebin(av, nb);
            if (mem == 0)
                mem = TakeFromLargerBin(av, nb);
            if (mem == 0)
                mem = TakeFromTop(av, nb);
            if (mem != 0)
                return mem;
            if (!HaveFastchunks(av))
                return Sysmalloc(nb, av);
            MallocConsolidate(av);
        }
    }

    private ulong TakeFromFastbin(ulong av, ulong nb, ulong tidx, bool cacheable)
    {
        int index = FastbinIndex(nb);
        ulong bin = FastbinAt(av, index);
        ulong victim = ReadWord(bin);
        if (victim == 0)
            return 0;
        if (IsMisalignedListed(victim))
            MallocPrinterr("malloc(): unaligned fastbin chunk detected 2");
        WriteWord(bin, RevealPtr(Chunk2Mem(victim)));
        if (FastbinIndex(ChunkSize(victim)) != index)
            MallocPrinterr("malloc(): memory corruption (fast)");

        // While here, the rest of the list moves to the tcache.
        while (cacheable && TcacheHasRoom(tidx))
        {
            ulong spare = ReadWord(bin);
            if (spare == 0)
                break;
            if (IsMisalignedListed(spare))
                MallocPrinterr("malloc(): unaligned fastbin chunk detected 3");
            if (TRelease.TcacheCountsPlaces && Csize2Tidx(ChunkSize(spare)) != tidx)
                MallocPrinterr("malloc(): chunk size mismatch in fastbin");
            WriteWord(bin, RevealPtr(Chunk2Mem(spare)));
            TcachePut(spare, tidx);
        }

        return Chunk2Mem(victim);
    }

    private ulong TakeFromSmallbin(ulong av, ulong nb, ulong tidx, bool cacheable)
    {
        ulong bin = BinAt(av, SmallbinIndex(nb));
        ulong victim = Bk(bin);
        if (victim == bin)
            return 0;
        ulong bck = Bk(victim);
        if (Fd(bck) != victim)
            MallocPrinterr("malloc(): smallbin double linked list corrupted");
        MarkUsed(av, victim, nb);
        SetBk(bin, bck);
        SetFd(bck, bin);
        if (TRelease.TcacheBirth == TcacheBirth.FirstPut)
            cacheable = MayCacheAtLast(av, tidx);

        while (cacheable && TcacheHasRoom(tidx))
        {
            ulong spare = Bk(bin);
            if (spare == bin)
                break;
            ulong spareBck = Bk(spare);
            MarkUsed(av, spare, nb);
            SetBk(bin, spareBck);
            SetFd(spareBck, bin);
            TcachePut(spare, tidx);
        }

        return Chunk2Mem(victim);
    }

    // Where the tcache is born with the first chunk that is put aside, this is that moment.
    private bool MayCacheAtLast(ulong av, ulong tidx)
    {
        if (_tcache == 0)
            TcacheInitInArena(av);
        return _tcache != 0 && tidx < _mp.TcacheBins;
    }

    /// <summary>Marks a whole free chunk as in use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MarkUsed(ulong av, ulong chunk, ulong size)
    {
        SetInuseBitAtOffset(chunk, size);
        if (av != _mainArena)
            SetHead(chunk, Head(chunk) | NonMainArenaBit);
    }

    /// <summary>
    /// Empties the unsorted bin, oldest chunk first, into the bins where its chunks belong. A chunk of exactly the size
    /// is taken (or put into the tcache as long as there is room, and taken from there at the end); a last remainder
    /// that is the only chunk is split for a small request. 0 when nothing fitted.
    /// </summary>
    private ulong SortUnsorted(ulong av, ulong nb, ulong tidx, bool cacheable, ref ulong sortedCount)
    {
        ulong unsorted = UnsortedChunks(av);
        bool returnCached = false;
        for (int iterations = 0; ;)
        {
            ulong victim = Bk(unsorted);
            if (victim == unsorted)
                break;
            ulong bck = Bk(victim);
            ulong size = ChunkSize(victim);
            CheckUnsorted(av, victim, bck, size);

            if (InSmallbinRange(nb) && bck == unsorted && victim == LastRemainder(av) && size > nb + MinSize)
            {
                SplitLastRemainder(av, victim, size, nb);
                return Chunk2Mem(victim);
            }

            if (Fd(bck) != victim)
                MallocPrinterr("malloc(): corrupted unsorted chunks 3");
            SetBk(unsorted, bck);
            SetFd(bck, unsorted);

            if (size == nb)
            {
                MarkUsed(av, victim, size);
                if (TRelease.TcacheBirth == TcacheBirth.FirstPut)
                    cacheable = MayCacheAtLast(av, tidx);
                if (!cacheable || !TcacheHasRoom(tidx))
                    return Chunk2Mem(victim);
                TcachePut(victim, tidx);
                returnCached = true;
                continue;
            }

            LinkIntoBin(av, victim, size);
            sortedCount++;
            if (returnCached && _mp.TcacheUnsortedLimit > 0 && sortedCount > _mp.TcacheUnsortedLimit)
                return TcacheGet(tidx);
            if (++iterations >= MaxItersBeforeFit)
                break;
        }

        return returnCached ? TcacheGet(tidx) : 0;
    }

    private void CheckUnsorted(ulong av, ulong victim, ulong bck, ulong size)
    {
        ulong next = victim + size;
        ulong systemMem = SystemMem(av);
        if (size <= ChunkHdrSz || size > systemMem)
            MallocPrinterr("malloc(): invalid size (unsorted)");
        ulong nextHead = Head(next);
        if (nextHead < ChunkHdrSz || nextHead > systemMem)
            MallocPrinterr("malloc(): invalid next size (unsorted)");
        if ((PrevSize(next) & ~SizeBits) != size)
            MallocPrinterr("malloc(): mismatching next->prev_size (unsorted)");
        if (Fd(bck) != victim || Fd(victim) != UnsortedChunks(av))
            MallocPrinterr("malloc(): unsorted double linked list corrupted");
        if ((nextHead & PrevInuseBit) != 0)
            MallocPrinterr("malloc(): invalid next->prev_inuse (unsorted)");
    }

    private void SplitLastRemainder(ulong av, ulong victim, ulong size, ulong nb)
    {
        ulong unsorted = UnsortedChunks(av);
        ulong remainder = victim + nb;
        ulong remainderSize = size - nb;
        SetBk(unsorted, remainder);
        SetFd(unsorted, remainder);
        SetLastRemainder(av, remainder);
        SetBk(remainder, unsorted);
        SetFd(remainder, unsorted);
        if (!InSmallbinRange(remainderSize))
        {
            SetFdNextsize(remainder, 0);
            SetBkNextsize(remainder, 0);
        }

        SetHead(victim, nb | PrevInuseBit | NonMainFlag(av));
        SetHead(remainder, remainderSize | PrevInuseBit);
        SetFoot(remainder, remainderSize);
    }

    /// <summary>Puts a free chunk at the head of its small bin, or into its large bin by size.</summary>
    private void LinkIntoBin(ulong av, ulong victim, ulong size)
    {
        int index = BinIndex(size);
        ulong bck = BinAt(av, index);
        ulong fwd = Fd(bck);
        if (!InSmallbinRange(size))
            FindPlaceBySize(victim, size, ref bck, ref fwd);
        MarkBin(av, index);
        SetBk(victim, bck);
        SetFd(victim, fwd);
        SetBk(fwd, victim);
        SetFd(bck, victim);
    }

    // A large bin is sorted from large to small. A chunk of a size already there goes second among its equals, so that
    // the ring of sizes need not change.
    private void FindPlaceBySize(ulong victim, ulong size, ref ulong bck, ref ulong fwd)
    {
        ulong bin = bck;
        if (fwd == bin)
        {
            SetFdNextsize(victim, victim);
            SetBkNextsize(victim, victim);
            return;
        }

        ulong smallest = Bk(bin);
        if (size < ChunkSize(smallest))
        {
            ulong largest = fwd;
            ulong smallestOfSizes = BkNextsize(largest);
            SetFdNextsize(victim, largest);
            SetBkNextsize(victim, smallestOfSizes);
            SetBkNextsize(largest, victim);
            SetFdNextsize(smallestOfSizes, victim);
            fwd = bin;
            bck = smallest;
            return;
        }

        while (size < ChunkSize(fwd))
            fwd = FdNextsize(fwd);
        if (size == ChunkSize(fwd))
        {
            fwd = Fd(fwd);
        }
        else
        {
            ulong larger = BkNextsize(fwd);
            if (FdNextsize(larger) != fwd)
                MallocPrinterr("malloc(): largebin double linked list corrupted (nextsize)");
            SetFdNextsize(victim, fwd);
            SetBkNextsize(victim, larger);
            SetBkNextsize(fwd, victim);
            SetFdNextsize(larger, victim);
        }

        bck = Bk(fwd);
        if (Fd(bck) != fwd)
            MallocPrinterr("malloc(): largebin double linked list corrupted (bk)");
    }

    /// <summary>Best fit within the request's own large bin; 0 when its largest chunk is too small.</summary>
    private ulong TakeFromLargebin(ulong av, ulong nb)
    {
        ulong bin = BinAt(av, LargebinIndex(nb));
        ulong largest = Fd(bin);
        if (largest == bin || ChunkSize(largest) < nb)
            return 0;
        ulong victim = BkNextsize(largest);
        ulong size = ChunkSize(victim);
        while (size < nb)
        {
            victim = BkNextsize(victim);
            size = ChunkSize(victim);
        }

        // The second of equals, again to leave the ring of sizes alone.
        if (victim != Bk(bin) && Head(victim) == Head(Fd(victim)))
            victim = Fd(victim);
        return SplitBinned(av, victim, size, nb, "malloc(): corrupted unsorted chunks");
    }

    /// <summary>The smallest chunk of the next larger bin that has one, found by the binmap; 0 when none has.</summary>
    private ulong TakeFromLargerBin(ulong av, ulong nb)
    {
        int index = BinIndex(nb) + 1;
        int block = index >> 5;
        uint wholeMap = Binmap(av, block);
        uint map = wholeMap & (uint.MaxValue << (index & 31));
        while (true)
        {
            while (map == 0)
            {
                if (++block >= BinmapSize)
                    return 0;
                wholeMap = Binmap(av, block);
                map = wholeMap;
            }

            int bit = System.Numerics.BitOperations.TrailingZeroCount(map);
            ulong bin = BinAt(av, (block << 5) + bit);
            ulong victim = Bk(bin);
            if (victim != bin)
            {
                ulong size = ChunkSize(victim);
                if (InSmallbinRange(nb) && size - nb >= MinSize)
                    SetLastRemainder(av, victim + nb);
                return SplitBinned(av, victim, size, nb, "malloc(): corrupted unsorted chunks 2");
            }

            // A bit may stay set when a bin runs empty; it is cleared when found so.
            wholeMap &= ~(1u << bit);
            SetBinmap(av, block, wholeMap);
            map &= map - 1;
        }
    }

    /// <summary>Takes a binned chunk, leaving what is over in the unsorted bin if it can be a chunk.</summary>
    private ulong SplitBinned(ulong av, ulong victim, ulong size, ulong nb, string corrupted)
    {
        ulong remainderSize = size - nb;
        UnlinkChunk(victim);
        if (remainderSize < MinSize)
        {
            MarkUsed(av, victim, size);
            return Chunk2Mem(victim);
        }

        ulong remainder = victim + nb;
        LinkUnsorted(av, remainder, remainderSize, corrupted);
        SetHead(victim, nb | PrevInuseBit | NonMainFlag(av));
        SetHead(remainder, remainderSize | PrevInuseBit);
        SetFoot(remainder, remainderSize);
        return Chunk2Mem(victim);
    }

    /// <summary>Cuts the request off the top chunk's beginning; 0 when less than a chunk would remain.</summary>
    private ulong TakeFromTop(ulong av, ulong nb)
    {
        ulong victim = Top(av);
        ulong size = ChunkSize(victim);
        if (size > SystemMem(av))
            MallocPrinterr("malloc(): corrupted top size");
        return size >= nb + MinSize ? SplitTop(av, victim, size, nb) : 0;
    }

    private ulong SplitTop(ulong av, ulong victim, ulong size, ulong nb)
    {
        SetTop(av, victim + nb);
        SetHead(victim, nb | PrevInuseBit | NonMainFlag(av));
        SetHead(victim + nb, (size - nb) | PrevInuseBit);
        return Chunk2Mem(victim);
    }

    /// <summary>
    /// Merges every chunk of the fast bins with its free neighbours and puts the result into the unsorted bin, or top.
    /// </summary>
    private void MallocConsolidate(ulong av)
    {
        if (!TRelease.HasFastbins)
            return;
        SetHaveFastchunks(av, false);
        for (int i = 0; i < NFastbins; i++)
        {
            ulong bin = FastbinAt(av, i);
            ulong chunk = ReadWord(bin);
            if (chunk == 0)
                continue;
            WriteWord(bin, 0);
            while (chunk != 0)
            {
                if (IsMisalignedListed(chunk))
                    MallocPrinterr("malloc_consolidate(): unaligned fastbin chunk detected");
                ulong size = ChunkSize(chunk);
                if (FastbinIndex(size) != i)
                    MallocPrinterr("malloc_consolidate(): invalid chunk size");
                ulong next = RevealPtr(Chunk2Mem(chunk));
                MergeAndBin(av, chunk, size, freed: false);
                chunk = next;
            }
        }
    }
}
