using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>What any allocator must keep to: blocks are aligned, managed, and no frame is handed out twice. A bit a frame, nothing else.</summary>
internal sealed class NaiveFrames
{
    private readonly bool[] _managed;
    private readonly bool[] _used;

    public NaiveFrames(MemoryLayout layout)
    {
        _managed = new bool[layout.MaxPfn];
        _used = new bool[layout.MaxPfn];
        foreach (ZoneSpec zone in layout.Zones())
        {
            foreach (PfnRange range in layout.ManagedRanges(zone))
                Array.Fill(_managed, true, (int)range.Start, (int)range.Count);
        }
    }

    public long Used { get; private set; }

    public long Free => _managed.Count(managed => managed) - Used;

    public void Take(uint pfn, int order)
    {
        (pfn & ((1u << order) - 1)).ShouldBe(0u);
        for (uint i = pfn; i < pfn + (1u << order); i++)
        {
            if (!_managed[i] || _used[i])
                throw new InvalidOperationException($"frame {i:x}, block {pfn:x} of order {order}: managed {_managed[i]}, used {_used[i]}");
            _used[i] = true;
        }

        Used += 1L << order;
    }

    public void Give(uint pfn, int order)
    {
        for (uint i = pfn; i < pfn + (1u << order); i++)
            _used[i] = false;
        Used -= 1L << order;
    }

    /// <summary>Whether an aligned block of the order is free.</summary>
    public bool HasBlock(int order, PfnRange within)
    {
        uint size = 1u << order;
        for (uint pfn = (within.Start + size - 1) & ~(size - 1); pfn + size <= within.End; pfn += size)
        {
            bool free = true;
            for (uint i = pfn; free && i < pfn + size; i++)
                free = _managed[i] && !_used[i];
            if (free)
                return true;
        }

        return false;
    }
}
