using Pagewise.Abi;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>
/// A machine's whole physical memory under random use, against a note a frame of who has it: programs' pages on LRU
/// lists, page tables, slabs, plain blocks of every order, by tasks with policies that change CPU, while sysctls change.
/// </summary>
internal sealed class LongRun : IDisposable
{
    private const int Cpus = 3;

    private static readonly Gfp[] Kinds =
    [
        Gfp.HighUserMovable, Gfp.HighUserMovable | Gfp.Zero, Gfp.Kernel, Gfp.Kernel | Gfp.Reclaimable, Gfp.Atomic, Gfp.Kernel | Gfp.Dma32,
        Gfp.Kernel | Gfp.Dma, Gfp.NoWait | Gfp.NoWarn, Gfp.Kernel | Gfp.NoMemAlloc, Gfp.HighUserMovable | Gfp.ThisNode, Gfp.Kernel | Gfp.MemAlloc,
    ];

    private readonly MemoryLayout _layout;
    private readonly Guest _guest;
    private readonly MemCgroups _memcgs = new();
    private readonly LruLists _lru;
    private readonly KmemCache[] _caches;
    private readonly Random _random;
    private readonly Holder[] _holders;
    private readonly PfnRange[] _managed;
    private readonly List<(uint Pfn, int Order, Holder Holder)> _held = [];
    private readonly List<(KmemCache Cache, ulong Object)> _objects = [];
    private double _appetite = 0.5;

    public LongRun(MemoryLayout layout, KernelVersion kernel, int seed)
    {
        _layout = layout;
        _guest = new Guest(layout, kernel);
        _lru = new LruLists(_guest.Frames, _guest.Pages, _guest.Stat, _memcgs);
        _caches =
        [
            new KmemCache(1, new KmemCacheSpec("small", 64, 0, SlabFlags.None), SlabLayout.Of(64, 0, cacheLineAligned: false, kernel, Cpus), _guest.Pages, _guest.Frames, _guest.Stat),
            new KmemCache(2, new KmemCacheSpec("large", 1200, 0, SlabFlags.None), SlabLayout.Of(1200, 0, cacheLineAligned: false, kernel, Cpus), _guest.Pages, _guest.Frames, _guest.Stat),
        ];
        _random = new Random(seed);
        _holders = new Holder[layout.MaxPfn];
        _managed = [.. layout.Zones().SelectMany(layout.ManagedRanges)];
        foreach (PfnRange range in _managed)
            Array.Fill(_holders, Holder.Allocator, (int)range.Start, (int)range.Count);
    }

    /// <summary>Who has a frame, as the test notes it.</summary>
    private enum Holder : byte
    {
        Nobody,
        Allocator,
        Block,
        Table,
        Page,
    }

    /// <summary>Two nodes with four zones of 512 frames each, two CPUs on the first: small enough to be counted after every step.</summary>
    public static MemoryLayout Tiny() => new(
        [new NodeSpec([0, 2], [10, 20]), new NodeSpec([1], [20, 10])],
        [new(0, new(0xe00, 0x1200)), new(1, new(0x1200, 0x1600))],
        [new(0xe00, 0xe17), new(0x13f0, 0x13f5)])
    { MovableStartPfn = [0, 0x1400] };

    /// <summary>Two nodes of odd sizes, whose zones end inside a block of the largest order.</summary>
    public static MemoryLayout Odd() => MemoryLayout.I440fx([37UL << 20, 26UL << 20], Cpus);

    public void Run(int operations, int checkEvery)
    {
        for (int operation = 0; operation < operations; operation++)
        {
            Step();
            if (operation % checkEvery == 0)
                Check(operation);
        }

        foreach ((uint pfn, int order, Holder holder) in _held)
            Give(pfn, order, holder);
        foreach ((KmemCache cache, ulong item) in _objects)
            cache.Free(item);
        _held.Clear();
        _objects.Clear();
        for (int cpu = 0; cpu < Cpus; cpu++)
        {
            _guest.Pages.CurrentCpu = cpu;
            _lru.Drain();
            foreach (KmemCache cache in _caches)
                cache.Shrink();
        }

        _guest.Pages.DrainAllPages();
        Check(operations);
        _guest.Pages.Validate().ShouldBe(_caches.Sum(cache => cache.Pages));
    }

    public void Dispose()
    {
        foreach (KmemCache cache in _caches)
            cache.Dispose();
        _lru.Dispose();
        _memcgs.Dispose();
        _guest.Dispose();
    }

    private void Step()
    {
        if (_random.Next(500) == 0)
            _appetite = _random.NextDouble();
        switch (_random.Next(400))
        {
            case < 8:
                // The task goes on on another CPU.
                _guest.Pages.CurrentCpu = _random.Next(Cpus);
                break;
            case < 10:
                ChangePolicy();
                break;
            case 10:
                ChangeSysctls();
                break;
            case 11:
                _guest.Pages.DrainAllPages();
                break;
            case 12:
                _guest.Pages.DecayPcpHigh(_random.Next(Cpus));
                break;
            case 13:
                _lru.DrainAll();
                break;
            case 14:
                _caches[_random.Next(_caches.Length)].Shrink();
                break;
            case < 100:
                UseSlabs();
                break;
            default:
                UsePages();
                break;
        }
    }

    private void ChangePolicy()
    {
        MemPolicyMode mode = (MemPolicyMode)_random.Next((int)MemPolicyMode.WeightedInterleave + 1);
        if (MemPolicy.TryCreate(mode, mode is MemPolicyMode.Default or MemPolicyMode.Local ? 0 : (ulong)_random.Next(1, 4), _guest.Pages.NodesWithMemory, out MemPolicy policy))
            _guest.Pages.TaskPolicy = policy;
        _guest.Pages.SetInterleaveWeight(_random.Next(2), (byte)_random.Next(1, 6));
    }

    private void ChangeSysctls() => _guest.Zones.Apply(new PageAllocatorSysctls
    {
        MinFreeKbytes = ((int[])[-1, 0, 128, 512, 1024])[_random.Next(5)],
        WatermarkScaleFactor = _random.Next(1, 500),
        WatermarkBoostFactor = _random.Next(2) * 15000,
        LowmemReserveRatio = [_random.Next(300), _random.Next(300), 32, 0, 0],
        PercpuPagelistHighFraction = _random.Next(2) * _random.Next(8, 100),
    });

    private void UseSlabs()
    {
        if (_random.NextDouble() < _appetite)
        {
            KmemCache cache = _caches[_random.Next(_caches.Length)];
            ulong item = cache.Allocate(Kinds[_random.Next(2, 5)]);
            if (item != 0)
                _objects.Add((cache, item));
        }
        else if (_objects.Count > 0)
        {
            (KmemCache cache, ulong item) = TakeAny(_objects);
            cache.Free(item);
        }
    }

    private void UsePages()
    {
        if (_random.NextDouble() >= _appetite)
        {
            if (_held.Count > 0)
                GiveSome();
            return;
        }

        Holder holder = _random.Next(8) switch { 0 => Holder.Table, 1 or 2 or 3 => Holder.Page, _ => Holder.Block };
        int order = holder != Holder.Block ? 0 : _random.Next(6) switch { 0 => _random.Next(11), 1 or 2 => _random.Next(4), _ => 0 };
        Gfp gfp = holder switch { Holder.Table => Gfp.PageTable, Holder.Page => Gfp.UserPage, _ => Kinds[_random.Next(Kinds.Length)] };
        uint pfn = _random.Next(6) switch
        {
            0 => _guest.Pages.AllocPagesNode(gfp, order, _random.Next(2), (ulong)_random.Next(1, 4)),
            1 => _guest.Pages.AllocPagesVma(gfp, order, _guest.Pages.TaskPolicy, (ulong)_random.Next(1000)),
            _ => _guest.Pages.AllocPages(gfp, order),
        };
        if (pfn == 0)
            return;
        (pfn & ((1u << order) - 1)).ShouldBe(0u);
        for (uint i = pfn; i < pfn + (1u << order); i++)
            Note(i, Holder.Allocator, holder);
        _guest.Frames[pfn].RefCount.ShouldBe(1);
        if (holder == Holder.Table)
            _guest.Frames[pfn].Flags |= PageFlags.Table;
        if (holder == Holder.Page)
        {
            _guest.Frames[pfn].Flags |= PageFlags.Anon | PageFlags.SwapBacked;
            _lru.Add(pfn);
        }

        _held.Add((pfn, order, holder));
    }

    private void GiveSome()
    {
        if (_random.Next(20) == 0)
        {
            // As the unmapping of a range does.
            var together = new List<uint>();
            foreach ((uint page, _, _) in _held.Where(one => one.Holder == Holder.Page).Take(_random.Next(1, 200)))
                together.Add(page);
            _held.RemoveAll(one => one.Holder == Holder.Page && together.Contains(one.Pfn));
            _lru.Drain();
            foreach (uint page in together)
                Note(page, Holder.Page, Holder.Allocator);
            _lru.PutAll(together.ToArray());
            return;
        }

        (uint pfn, int order, Holder holder) = TakeAny(_held);
        Give(pfn, order, holder);
    }

    private void Give(uint pfn, int order, Holder holder)
    {
        for (uint i = pfn; i < pfn + (1u << order); i++)
            Note(i, holder, Holder.Allocator);
        if (holder == Holder.Page)
            _lru.Put(pfn);
        else if (order > 0 && _random.Next(8) == 0)
            for (uint i = pfn; i < pfn + (1u << order); i += 1u << (order - 1))
                _guest.Pages.FreePages(i, order - 1);
        else
            _guest.Pages.FreePages(pfn, order);
    }

    private void Note(uint pfn, Holder from, Holder to)
    {
        if (_holders[pfn] != from)
            throw new InvalidOperationException($"frame {pfn:x} was to go from {from} to {to}, but {_holders[pfn]} has it");
        _holders[pfn] = to;
    }

    /// <summary>Every frame is in exactly one place: the allocator walks its lists, the rest is told by flags, lists and notes.</summary>
    private void Check(int operation)
    {
        try
        {
            long handedOut = _guest.Pages.Validate();
            HashSet<uint> listed = Listed();
            var waiting = new HashSet<uint>(_lru.WaitingFrames());
            long slabs = 0;
            long noted = 0;
            for (uint pfn = 0; pfn < _holders.Length; pfn++)
            {
                PageFlags flags = _guest.Frames[pfn].Flags;
                bool isSlab = (flags & PageFlags.Slab) != 0;
                bool isInLru = listed.Contains(pfn);
                slabs += isSlab ? 1 : 0;
                noted += _holders[pfn] >= Holder.Block ? 1 : 0;
                bool isRight = _holders[pfn] switch
                {
                    Holder.Nobody => (flags & ~PageFlags.Reserved) == 0,
                    // A page that was given back while it waited for a list is held by its batch until then.
                    Holder.Allocator => !isInLru && (flags & PageFlags.Table) == 0 && (!waiting.Contains(pfn) || (flags & PageFlags.Allocated) != 0),
                    Holder.Table => !isSlab && !isInLru && (flags & (PageFlags.Table | PageFlags.Allocated)) == (PageFlags.Table | PageFlags.Allocated),
                    Holder.Page => !isSlab && isInLru != waiting.Contains(pfn) && isInLru == ((flags & PageFlags.Lru) != 0),
                    _ => !isSlab && !isInLru && (flags & PageFlags.Allocated) != 0,
                };
                if (!isRight)
                    throw new InvalidOperationException($"frame {pfn:x}, which {_holders[pfn]} has, is {flags}, on a list: {isInLru}");
            }

            slabs.ShouldBe(_caches.Sum(cache => cache.Pages), "pages of slabs");
            long onlyWaiting = waiting.Count(pfn => _holders[pfn] == Holder.Allocator);
            handedOut.ShouldBe(noted + slabs + onlyWaiting, "frames handed out");
            if (operation % 64 == 0)
            {
                foreach (KmemCache cache in _caches)
                    cache.Validate([.. _objects.Where(one => one.Cache == cache).Select(one => one.Object)]);
            }
        }
        catch (Exception wrong)
        {
            throw new InvalidOperationException($"operation {operation}: {wrong.Message}", wrong);
        }
    }

    private HashSet<uint> Listed()
    {
        var listed = new HashSet<uint>();
        for (int node = 0; node < _layout.Nodes.Count; node++)
        {
            for (LruList list = LruList.InactiveAnon; list < LruList.Unevictable; list++)
            {
                ref LruListHead head = ref _lru[node].Lists[(int)list];
                long pages = 0;
                for (uint pfn = head.First; pfn != 0; pfn = _guest.Frames[pfn].Next, pages++)
                {
                    listed.Add(pfn).ShouldBeTrue($"frame {pfn:x} is on two lists");
                    _lru.NodeOf(pfn).ShouldBe(node);
                }

                head.Pages.ShouldBe(pages);
            }
        }

        return listed;
    }

    private T TakeAny<T>(List<T> from)
    {
        int index = _random.Next(from.Count);
        T taken = from[index];
        from[index] = from[^1];
        from.RemoveAt(from.Count - 1);
        return taken;
    }
}
