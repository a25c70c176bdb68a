using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// A plain allocator, a stand-in for the buddy system behind the same interface. Memory is opened a pageblock of 2 MiB
/// at a time, lowest first, each block for one kind of frame. A single frame comes from the kind's last-in first-out
/// list, else from its open block; a block of order 9 from a list of its own, else from the top of memory. When a kind
/// runs out it takes a free order-9 block, then what the other kind has; single frames never coalesce. No zones,
/// watermarks or reclaim: what does not fit fails.
/// </summary>
public sealed class FrameAllocator : IPageAllocator, IDisposable
{
    private readonly MemMap _memMap;
    private readonly VmStat _stat;
    private readonly NativeArray<MigrateType> _blockTypes;
    private Kind _unmovable;
    private Kind _movable;
    private uint _firstFreeBlock;
    private uint _low;
    private uint _high;

    /// <summary>Manages all frames but the first, whose number means "none".</summary>
    public FrameAllocator(MemMap memMap, VmStat stat)
    {
        _memMap = memMap;
        _stat = stat;
        _blockTypes = new NativeArray<MigrateType>(((ulong)memMap.Count >> HugePage.Order) + 1);
        _memMap[0].Flags = PageFlags.Reserved;
        _low = 1;
        _high = memMap.Count;
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
        if (order != 0)
            return AllocBlock(gfp, order);
        uint pfn = TakeFrame((gfp & Gfp.Movable) != 0 ? MigrateType.Movable : MigrateType.Unmovable);
        if (pfn == 0)
            return 0;
        FreePageCount--;
        _stat.PgAlloc++;
        if ((gfp & Gfp.Zero) != 0)
            _memMap.Clear(pfn);
        ref PageFrame frame = ref _memMap[pfn];
        frame.Flags |= PageFlags.Allocated;
        frame.RefCount = 1;
        frame.Next = 0;
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

        ref uint list = ref _firstFreeBlock;
        if (order == 0)
            list = ref Of(_blockTypes[pfn >> HugePage.Order]).FirstFree;
        _memMap[pfn].Next = list;
        list = pfn;
        FreePageCount += count;
        _stat.PgFree += count;
    }

    /// <summary>Walks the free lists and counts. A walker for tests.</summary>
    /// <exception cref="InvalidOperationException">A free frame is in use, or the count is wrong.</exception>
    public void Validate()
    {
        ulong free = (ulong)(_high - _low) + (_movable.End - _movable.Start) + (_unmovable.End - _unmovable.Start);
        for (uint pfn = _movable.FirstFree; pfn != 0; pfn = _memMap[pfn].Next, free++)
            CheckFree(pfn);
        for (uint pfn = _unmovable.FirstFree; pfn != 0; pfn = _memMap[pfn].Next, free++)
            CheckFree(pfn);
        for (uint pfn = _firstFreeBlock; pfn != 0; pfn = _memMap[pfn].Next, free += HugePage.Frames)
            CheckFree(pfn);
        if (free != FreePageCount)
            throw new InvalidOperationException($"{free} frames are free, the count says {FreePageCount}");
    }

    /// <inheritdoc/>
    public void Dispose() => _blockTypes.Dispose();

    private void CheckFree(uint pfn)
    {
        if ((_memMap[pfn].Flags & ~PageFlags.HasData) != 0 || _memMap[pfn].RefCount != 0)
            throw new InvalidOperationException($"free frame {pfn:x} is in use: {_memMap[pfn].Flags}, {_memMap[pfn].RefCount} references");
    }

    private ref Kind Of(MigrateType type) => ref type == MigrateType.Movable ? ref _movable : ref _unmovable;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint TakeFrame(MigrateType type)
    {
        ref Kind kind = ref Of(type);
        uint pfn = kind.FirstFree;
        if (pfn != 0)
        {
            kind.FirstFree = _memMap[pfn].Next;
            return pfn;
        }

        return kind.Start < kind.End ? kind.Start++ : TakeFrameSlow(type);
    }

    /// <summary>Opens another pageblock for a kind, or takes a frame from the other kind.</summary>
    private uint TakeFrameSlow(MigrateType type)
    {
        ref Kind kind = ref Of(type);
        uint start = _low;
        uint end = Math.Min((start | (HugePage.Frames - 1)) + 1, _high);
        if (start < end)
        {
            _low = end;
        }
        else if (_firstFreeBlock != 0)
        {
            start = _firstFreeBlock;
            end = start + HugePage.Frames;
            _firstFreeBlock = _memMap[start].Next;
        }
        else
        {
            ref Kind other = ref Of(type == MigrateType.Movable ? MigrateType.Unmovable : MigrateType.Movable);
            if (other.Start < other.End)
                return other.Start++;
            start = other.FirstFree;
            if (start != 0)
                other.FirstFree = _memMap[start].Next;
            return start;
        }

        _blockTypes[start >> HugePage.Order] = type;
        // Tables are read at random by every walk: large host pages under them save the host's own walks.
        if (type == MigrateType.Unmovable && end - start == HugePage.Frames)
            _memMap.Memory.PreferLargeHostPages((ulong)start << Pfn.Shift, HugePage.SizeBytes);
        kind.Start = start + 1;
        kind.End = end;
        return start;
    }

    private uint AllocBlock(Gfp gfp, int order)
    {
        if (order != HugePage.Order)
            throw new ArgumentOutOfRangeException(nameof(order), order, "single frames (0) and 2 MiB blocks (9) only");
        uint head = TakeBlock();
        if (head == 0)
            return 0;
        FreePageCount -= HugePage.Frames;
        _stat.PgAlloc += HugePage.Frames;
        for (uint i = head; i < head + HugePage.Frames; i++)
        {
            if ((gfp & Gfp.Zero) != 0)
                _memMap.Clear(i);
            _memMap[i].Flags |= PageFlags.Allocated;
        }

        _memMap[head].RefCount = 1;
        _memMap[head].Next = 0;
        return head;
    }

    private uint TakeBlock()
    {
        uint head = _firstFreeBlock;
        if (head != 0)
        {
            _firstFreeBlock = _memMap[head].Next;
            return head;
        }

        uint top = _high / HugePage.Frames * HugePage.Frames;
        if (top < HugePage.Frames || top - HugePage.Frames < _low)
            return 0;
        // Frames above the last whole block serve as single ones.
        for (uint odd = _high; odd > top; odd--)
        {
            _blockTypes[(odd - 1) >> HugePage.Order] = MigrateType.Movable;
            _memMap[odd - 1].Next = _movable.FirstFree;
            _movable.FirstFree = odd - 1;
        }

        _high = top - HugePage.Frames;
        return _high;
    }

    /// <summary>The frames one kind has: the rest of its open pageblock and a list.</summary>
    private struct Kind
    {
        public uint Start;
        public uint End;
        public uint FirstFree;
    }
}
