using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <summary>
/// Where zram keeps compressed pages (zs_malloc, mm/zsmalloc.c, 6.1): objects of 255 size classes in groups of one to four
/// frames, as many as waste least; classes that come to the same share. An object goes to a nearly full group first.
/// </summary>
/// <remarks>Simplified: the records of objects and groups (zs_handle, zspage) take no memory; no compaction.</remarks>
public sealed class ZsPool : IDisposable
{
    private const int LeastBytes = 32;
    private const int ClassDelta = 16;
    private const int Classes = ((Pfn.SizeBytes - LeastBytes) / ClassDelta) + 1;

    /// <summary>ZS_HANDLE_SIZE: each object begins with its handle.</summary>
    private const int HandleBytes = 8;

    /// <summary>Groups of zspages with room (ZS_ALMOST_EMPTY, ZS_ALMOST_FULL): up to three quarters full, or more.</summary>
    private const int Groups = 2;

    private readonly BuddyAllocator _allocator;
    private readonly Arena<Zspage> _zspages = new(1 << 24);
    private readonly (int Frames, int Objects, int Shared)[] _classes = new (int, int, int)[Classes];
    private readonly int[] _first = new int[Classes * Groups];

    /// <summary>An empty pool.</summary>
    /// <param name="allocator">Who hands frames out.</param>
    public ZsPool(BuddyAllocator allocator)
    {
        _allocator = allocator;
        for (int i = Classes - 1; i >= 0; i--)
        {
            int bytes = LeastBytes + (i * ClassDelta);
            int frames = FramesOf(bytes);
            int objects = frames * Pfn.SizeBytes / bytes;
            bool isShared = i < Classes - 1 && _classes[i + 1].Frames == frames && _classes[i + 1].Objects == objects;
            _classes[i] = (frames, objects, isShared ? _classes[i + 1].Shared : i);
            if (frames == 1 && objects == 1)
                HugeBytes = bytes - HandleBytes;
        }
    }

    /// <summary>From this length on an object takes a whole frame, so that it is not compressed at all (zs_huge_class_size).</summary>
    public int HugeBytes { get; }

    /// <summary>Frames in use.</summary>
    public long Frames { get; private set; }

    /// <summary>Room for an object; 0 when no frame is left.</summary>
    /// <param name="bytes">Its length, 1 to 4096.</param>
    /// <returns>The zspage that holds it.</returns>
    public int Allocate(int bytes)
    {
        int padded = Math.Min(bytes + HandleBytes, Pfn.SizeBytes);
        int index = _classes[Math.Max(padded - LeastBytes + ClassDelta - 1, 0) / ClassDelta].Shared;
        int zspage = _first[(index * Groups) + 1];
        if (zspage == 0)
            zspage = _first[index * Groups];
        if (zspage == 0)
        {
            zspage = NewZspage(index);
            if (zspage == 0)
                return 0;
        }
        else
        {
            Unlink(zspage);
        }

        _zspages[zspage].InUse++;
        Link(zspage);
        return zspage;
    }

    /// <summary>An object goes (zs_free); the last one frees its zspage.</summary>
    public void Free(int zspage)
    {
        Unlink(zspage);
        ref Zspage freed = ref _zspages[zspage];
        if (--freed.InUse != 0)
        {
            Link(zspage);
            return;
        }

        int frames = _classes[freed.Class].Frames;
        for (int i = 0; i < frames; i++)
            _allocator.FreePages(freed.Frames[i], 0);
        Frames -= frames;
        _zspages.Free(zspage);
    }

    /// <summary>Adds the frames in use to a list, for walkers.</summary>
    /// <exception cref="InvalidOperationException">A zspage has other than the objects that its users name.</exception>
    /// <param name="into">The list.</param>
    /// <param name="users">The zspage of each object.</param>
    internal void CollectFrames(List<uint> into, IEnumerable<int> users)
    {
        int[] named = new int[_zspages.HighWater];
        foreach (int zspage in users)
            named[zspage]++;
        for (int zspage = 1; zspage < named.Length; zspage++)
        {
            ref Zspage kept = ref _zspages[zspage];
            if (named[zspage] != kept.InUse)
                throw new InvalidOperationException($"zspage {zspage} has {named[zspage]} objects, its count says {kept.InUse}");
            for (int i = 0; kept.InUse > 0 && i < _classes[kept.Class].Frames; i++)
                into.Add(kept.Frames[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _zspages.Dispose();

    /// <summary>get_pages_per_zspage: the number of frames of which objects fill the largest part.</summary>
    private static int FramesOf(int bytes)
    {
        int best = 1;
        int most = 0;
        for (int frames = 1; frames <= Zspage.MostFrames; frames++)
        {
            int all = frames * Pfn.SizeBytes;
            int used = (all - (all % bytes)) * 100 / all;
            if (used <= most)
                continue;
            most = used;
            best = frames;
        }

        return best;
    }

    private int NewZspage(int index)
    {
        int zspage = _zspages.Allocate();
        if (zspage == 0)
            return 0;
        int frames = _classes[index].Frames;
        for (int i = 0; i < frames; i++)
        {
            // Who reclaims may use the reserves (PF_MEMALLOC), and does not reclaim for it.
            uint pfn = _allocator.AllocPages(Gfp.HighMem | Gfp.Movable | Gfp.KswapdReclaim | Gfp.MemAlloc | Gfp.NoWarn, 0);
            if (pfn == 0)
            {
                while (--i >= 0)
                    _allocator.FreePages(_zspages[zspage].Frames[i], 0);
                _zspages.Free(zspage);
                return 0;
            }

            _zspages[zspage].Frames[i] = pfn;
        }

        Frames += frames;
        _zspages[zspage].Class = index;
        return zspage;
    }

    /// <summary>The list a zspage belongs to (get_fullness_group); -1: it is full.</summary>
    private int GroupOf(in Zspage zspage)
    {
        int objects = _classes[zspage.Class].Objects;
        if (zspage.InUse == objects)
            return -1;
        return (zspage.Class * Groups) + (zspage.InUse > 3 * objects / 4 ? 1 : 0);
    }

    private void Link(int zspage)
    {
        ref Zspage linked = ref _zspages[zspage];
        int group = GroupOf(in linked);
        linked.Prev = 0;
        linked.Next = 0;
        if (group < 0)
            return;
        int first = _first[group];
        // The fuller of two comes first (insert_zspage).
        if (first != 0 && linked.InUse < _zspages[first].InUse)
        {
            linked.Prev = first;
            linked.Next = _zspages[first].Next;
            if (linked.Next != 0)
                _zspages[linked.Next].Prev = zspage;
            _zspages[first].Next = zspage;
            return;
        }

        linked.Next = first;
        if (first != 0)
            _zspages[first].Prev = zspage;
        _first[group] = zspage;
    }

    private void Unlink(int zspage)
    {
        ref Zspage linked = ref _zspages[zspage];
        int group = GroupOf(in linked);
        if (group < 0)
            return;
        if (linked.Prev != 0)
            _zspages[linked.Prev].Next = linked.Next;
        else
            _first[group] = linked.Next;
        if (linked.Next != 0)
            _zspages[linked.Next].Prev = linked.Prev;
    }
}
