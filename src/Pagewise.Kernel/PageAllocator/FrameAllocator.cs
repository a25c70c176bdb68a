using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// A plain allocator, a stand-in for the buddy system behind the same interface: single frames come from a last-in
/// first-out list, else from the untouched memory, lowest first; blocks of 2 MiB from a list of their own, else from
/// the top of the untouched memory. When single frames run out a free block is broken; single frames never coalesce.
/// No zones, watermarks or reclaim: what does not fit fails.
/// </summary>
public sealed class FrameAllocator : IPageAllocator
{
    private readonly MemMap _memMap;
    private readonly VmStat _stat;
    private uint _firstFree;
    private uint _firstFreeBlock;
    private uint _untouchedStart;
    private uint _untouchedEnd;

    /// <summary>Manages all frames but the first, whose number means "none".</summary>
    public FrameAllocator(MemMap memMap, VmStat stat)
    {
        _memMap = memMap;
        _stat = stat;
        _memMap[0].Flags = PageFlags.Reserved;
        _untouchedStart = 1;
        _untouchedEnd = memMap.Count;
        TotalPages = memMap.Count - 1;
        FreePageCount = TotalPages;
    }

    /// <inheritdoc/>
    public ulong TotalPages { get; }

    /// <inheritdoc/>
    public ulong FreePageCount { get; private set; }

    /// <inheritdoc/>
    public uint AllocPages(Gfp gfp, int order)
    {
        uint pfn = order switch
        {
            0 => TakeFrame(),
            HugePage.Order => TakeBlock(),
            _ => throw new ArgumentOutOfRangeException(nameof(order), order, "single frames (0) and 2 MiB blocks (9) only"),
        };
        if (pfn == 0)
            return 0;
        uint count = 1u << order;
        FreePageCount -= count;
        _stat.PgAlloc += count;
        for (uint i = pfn; i < pfn + count; i++)
        {
            if ((gfp & Gfp.Zero) != 0)
                _memMap.Clear(i);
            ref PageFrame frame = ref _memMap[i];
            frame.Flags |= PageFlags.Allocated;
            frame.Next = 0;
        }

        _memMap[pfn].RefCount = 1;
        return pfn;
    }

    /// <inheritdoc/>
    public void FreePages(uint pfn, int order)
    {
        uint count = 1u << order;
        for (uint i = pfn; i < pfn + count; i++)
        {
            ref PageFrame frame = ref _memMap[i];
            PageFlags data = frame.Flags & PageFlags.HasData;
            frame = default;
            frame.Flags = data;
        }

        ref uint list = ref order == 0 ? ref _firstFree : ref _firstFreeBlock;
        _memMap[pfn].Next = list;
        list = pfn;
        FreePageCount += count;
        _stat.PgFree += count;
    }

    /// <summary>Walks the free lists and counts. A walker for tests.</summary>
    /// <exception cref="InvalidOperationException">A free frame is in use, or the count is wrong.</exception>
    public void Validate()
    {
        ulong free = _untouchedEnd - _untouchedStart;
        for (uint pfn = _firstFree; pfn != 0; pfn = _memMap[pfn].Next, free++)
            CheckFree(pfn);
        for (uint pfn = _firstFreeBlock; pfn != 0; pfn = _memMap[pfn].Next, free += HugePage.Frames)
            CheckFree(pfn);
        if (free != FreePageCount)
            throw new InvalidOperationException($"{free} frames are free, the count says {FreePageCount}");
    }

    private void CheckFree(uint pfn)
    {
        if ((_memMap[pfn].Flags & ~PageFlags.HasData) != 0 || _memMap[pfn].RefCount != 0)
            throw new InvalidOperationException($"free frame {pfn:x} is in use: {_memMap[pfn].Flags}, {_memMap[pfn].RefCount} references");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint TakeFrame()
    {
        uint pfn = _firstFree;
        if (pfn != 0)
        {
            _firstFree = _memMap[pfn].Next;
            return pfn;
        }

        return _untouchedStart < _untouchedEnd ? _untouchedStart++ : BreakBlock();
    }

    private uint TakeBlock()
    {
        uint pfn = _firstFreeBlock;
        if (pfn != 0)
        {
            _firstFreeBlock = _memMap[pfn].Next;
            return pfn;
        }

        uint start = _untouchedEnd / HugePage.Frames * HugePage.Frames;
        if (start < HugePage.Frames || start - HugePage.Frames < _untouchedStart)
            return 0;
        for (uint odd = _untouchedEnd; odd > start; odd--)
        {
            _memMap[odd - 1].Next = _firstFree;
            _firstFree = odd - 1;
        }

        _untouchedEnd = start - HugePage.Frames;
        return _untouchedEnd;
    }

    private uint BreakBlock()
    {
        uint block = _firstFreeBlock;
        if (block == 0)
            return 0;
        _firstFreeBlock = _memMap[block].Next;
        for (uint i = block + HugePage.Frames - 1; i > block; i--)
        {
            _memMap[i].Next = _firstFree;
            _firstFree = i;
        }

        return block;
    }
}
