using Pagewise.Abi;

namespace Pagewise.Malloc;

/// <content>
/// Heaps of the arenas other than main: mappings aligned to their maximum size, so that masking any address in one
/// finds its heap_info at the beginning.
/// </content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private const ulong HeapMinSize = 32 * 1024;

    /// <summary>Where the next heap may be tried because a mapping there would be aligned (aligned_heap_area); 0 is none.</summary>
    private ulong _alignedHeapArea;

    // heap_info: ar_ptr, prev, size, mprotect_size, (pagesize,) padding that keeps the arena behind it aligned.
    private static ulong HeapInfoSize
    {
        get
        {
            ulong words = TRelease.HeapInfoHasPageSize ? 5UL : 4;
            ulong behind = (words * SizeSz) + ChunkHdrSz;
            return (words * SizeSz) + (((behind + AlignMask) & ~AlignMask) - behind);
        }
    }

    /// <summary>HEAP_MAX_SIZE: 64 MiB on 64-bit, 1 MiB on 32-bit.</summary>
    private ulong HeapMaxSize => _mp.HpPagesize == 0 ? 2 * MmapThresholdMax : 4 * _mp.HpPagesize;

    private MapFlags HeapFlags => TRelease.HeapsAreNoReserve ? MapFlags.NoReserve : MapFlags.None;

    private ulong HeapForPtr(ulong address) => address & ~(HeapMaxSize - 1);

    private ulong HeapPrev(ulong heap) => ReadWord(heap + SizeSz);

    private ulong HeapSize(ulong heap) => ReadWord(heap + (2 * SizeSz));

    private void SetHeapSize(ulong heap, ulong size) => WriteWord(heap + (2 * SizeSz), size);

    private ulong HeapMprotectSize(ulong heap) => ReadWord(heap + (3 * SizeSz));

    private void SetHeapMprotectSize(ulong heap, ulong size) => WriteWord(heap + (3 * SizeSz), size);

    private ulong HeapPageSize(ulong heap) => TRelease.HeapInfoHasPageSize ? ReadWord(heap + (4 * SizeSz)) : PageSize;

    private ulong NewHeap(ulong size, ulong topPad)
    {
        if (_mp.HpPagesize != 0 && _mp.HpPagesize <= HeapMaxSize)
        {
            ulong heap = AllocNewHeap(size, topPad, _mp.HpPagesize, MapFlags.HugeTlb | HugeTlbSizeFlags);
            if (heap != 0)
                return heap;
        }

        return AllocNewHeap(size, topPad, PageSize, MapFlags.None);
    }

    private ulong AllocNewHeap(ulong size, ulong topPad, ulong pageSize, MapFlags extra)
    {
        ulong maxSize = HeapMaxSize;
        ulong minSize = _mp.HpPagesize == 0 ? HeapMinSize : _mp.HpPagesize;
        if (Word(size + topPad) < minSize)
            size = minSize;
        else if (Word(size + topPad) <= maxSize)
            size += topPad;
        else if (size > maxSize)
            return 0;
        else
            size = maxSize;
        size = AlignUp(size, pageSize);

        ulong heap = MapAlignedHeap(maxSize, HeapFlags | extra);
        if (heap == 0)
            return 0;
        if (_sys.Mprotect(heap, size, Prot.Read | Prot.Write).IsError)
        {
            _ = _sys.Munmap(heap, maxSize);
            return 0;
        }

        MadviseThp(heap, size);
        SetHeapSize(heap, size);
        SetHeapMprotectSize(heap, size);
        if (TRelease.HeapInfoHasPageSize)
            WriteWord(heap + (4 * SizeSz), pageSize);
        return heap;
    }

    // Twice the size always holds an aligned heap; what is over is unmapped. When nothing is over in front, the space
    // behind was aligned too and is tried first the next time.
    private ulong MapAlignedHeap(ulong maxSize, MapFlags flags)
    {
        if (_alignedHeapArea != 0)
        {
            bool mapped = Mmap(_alignedHeapArea, maxSize, Prot.None, flags, out ulong heap);
            _alignedHeapArea = 0;
            if (mapped && (heap & (maxSize - 1)) == 0)
                return heap;
            if (mapped)
                _ = _sys.Munmap(heap, maxSize);
        }

        if (Mmap(0, maxSize << 1, Prot.None, flags, out ulong wide))
        {
            ulong heap = AlignUp(wide, maxSize);
            ulong before = heap - wide;
            if (before != 0)
                _ = _sys.Munmap(wide, before);
            else
                _alignedHeapArea = heap + maxSize;
            _ = _sys.Munmap(heap + maxSize, maxSize - before);
            return heap;
        }

        if (!Mmap(0, maxSize, Prot.None, flags, out ulong lucky))
            return 0;
        if ((lucky & (maxSize - 1)) == 0)
            return lucky;
        _ = _sys.Munmap(lucky, maxSize);
        return 0;
    }

    private bool GrowHeap(ulong heap, ulong diff)
    {
        ulong pageSize = HeapPageSize(heap);
        ulong newSize = HeapSize(heap) + AlignUp(diff, pageSize);
        if (newSize > HeapMaxSize)
            return false;
        ulong writable = HeapMprotectSize(heap);
        if (newSize > writable)
        {
            if (_sys.Mprotect(heap + writable, newSize - writable, Prot.Read | Prot.Write).IsError)
                return false;
            SetHeapMprotectSize(heap, newSize);
        }

        SetHeapSize(heap, newSize);
        return true;
    }

    private bool ShrinkHeap(ulong heap, ulong diff)
    {
        ulong newSize = HeapSize(heap) - diff;
        if (Signed(newSize) < (long)HeapInfoSize)
            return false;
        if (_options.MayShrinkHeap)
        {
            if (!Mmap(heap + newSize, diff, Prot.None, MapFlags.Fixed, out _))
                return false;
            SetHeapMprotectSize(heap, newSize);
        }
        else
        {
            _ = _sys.Madvise(heap + newSize, diff, Madvice.DontNeed);
        }

        SetHeapSize(heap, newSize);
        return true;
    }

    private void DeleteHeap(ulong heap)
    {
        ulong maxSize = HeapMaxSize;
        if (heap + maxSize == _alignedHeapArea)
            _alignedHeapArea = 0;
        _ = _sys.Munmap(heap, maxSize);
    }

    /// <summary>Grows an arena other than main in its heap or by a new heap; a mapped block instead, or 0 when top grew or nothing did.</summary>
    private ulong GrowArena(ulong nb, ulong av, bool triedMmap)
    {
        ulong oldTop = Top(av);
        ulong oldSize = ChunkSize(oldTop);
        ulong heap = HeapForPtr(oldTop);
        ulong heapSize = HeapSize(heap);
        ulong missing = Word(MinSize + nb - oldSize);
        if (Signed(missing) > 0 && GrowHeap(heap, missing))
        {
            AddSystemMem(av, HeapSize(heap) - heapSize);
            SetHead(oldTop, (heap + HeapSize(heap) - oldTop) | PrevInuseBit);
            return 0;
        }

        ulong fresh = NewHeap(Word(nb + MinSize + HeapInfoSize), _mp.TopPad);
        if (fresh == 0)
            return triedMmap ? 0 : SysmallocMmapAnyPage(nb);
        WriteWord(fresh, av);
        WriteWord(fresh + SizeSz, heap);
        AddSystemMem(av, HeapSize(fresh));
        SetTop(av, fresh + HeapInfoSize);
        SetHead(fresh + HeapInfoSize, (HeapSize(fresh) - HeapInfoSize) | PrevInuseBit);

        // Two small chunks that look used close the old heap.
        ulong closed = (oldSize - MinSize) & ~AlignMask;
        SetHead(oldTop + closed + ChunkHdrSz, PrevInuseBit);
        if (closed >= MinSize)
        {
            SetHead(oldTop + closed, ChunkHdrSz | PrevInuseBit);
            SetFoot(oldTop + closed, ChunkHdrSz);
            SetHead(oldTop, closed | PrevInuseBit | NonMainArenaBit);
            FreeRest(av, oldTop);
        }
        else
        {
            SetHead(oldTop, (closed + ChunkHdrSz) | PrevInuseBit);
            SetFoot(oldTop, closed + ChunkHdrSz);
        }

        return 0;
    }

    /// <summary>
    /// Gives an arena's unused last heaps back whole, and whole pages of the last one's top beyond
    /// <paramref name="pad"/> bytes.
    /// </summary>
    private bool HeapTrim(ulong heap, ulong pad)
    {
        ulong av = ReadWord(heap);
        ulong top = Top(av);
        while (top == heap + HeapInfoSize)
        {
            ulong prevHeap = HeapPrev(heap);
            if (prevHeap == 0)
                break;
            ulong fence = prevHeap + HeapSize(prevHeap) - (MinSize - ChunkHdrSz);
            ulong misalign = fence & AlignMask;
            fence -= misalign;
            ulong last = fence - PrevSize(fence);
            ulong newSize = ChunkSize(last) + (MinSize - ChunkHdrSz) + misalign;
            if (!PrevInuse(last))
                newSize += PrevSize(last);
            if (newSize + (HeapMaxSize - HeapSize(prevHeap)) < pad + MinSize + HeapPageSize(heap))
                break;
            AddSystemMem(av, 0 - HeapSize(heap));
            DeleteHeap(heap);
            heap = prevHeap;
            if (!PrevInuse(last))
            {
                last -= PrevSize(last);
                UnlinkChunk(last);
            }

            top = last;
            SetTop(av, top);
            SetHead(top, newSize | PrevInuseBit);
        }

        ulong topSize = ChunkSize(top);
        if (topSize < _mp.TrimThreshold)
            return false;
        long topArea = Signed(Word(topSize - MinSize - 1));
        if (topArea < 0 || (ulong)topArea <= pad)
            return false;
        ulong extra = AlignDown((ulong)topArea - pad, HeapPageSize(heap));
        if (extra == 0 || !ShrinkHeap(heap, extra))
            return false;
        AddSystemMem(av, 0 - extra);
        SetHead(top, (topSize - extra) | PrevInuseBit);
        return true;
    }
}
