using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.Procfs;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>An allocator with everything that it stands on, gone with it.</summary>
internal sealed class Guest : IDisposable
{
    private readonly PhysicalMemory _memory;

    public Guest(MemoryLayout layout, KernelVersion kernel, PageAllocatorSysctls? sysctls = null, AllocatorState? state = null)
    {
        _memory = new PhysicalMemory(((ulong)layout.MaxPfn + 1023 & ~1023UL) << 12);
        Frames = new MemMap(_memory);
        Zones = new ZoneTable(layout.Zones(), layout.Nodes, kernel, sysctls ?? new PageAllocatorSysctls());
        Pages = state is null
            ? new BuddyAllocator(Zones, layout, Frames, Stat)
            : new BuddyAllocator(Zones, layout, Frames, Stat, state);
        Caches = new KmemCaches(kernel, Pages, Frames, Stat);
    }

    public ZoneTable Zones { get; }

    public BuddyAllocator Pages { get; }

    public MemMap Frames { get; }

    public KmemCaches Caches { get; }

    public VmStat Stat { get; } = new();

    /// <summary>A machine of one node whose kernel takes nothing.</summary>
    public static Guest Plain(int mebibytes, KernelVersion kernel, int cpus = 1) =>
        new(MemoryLayout.I440fx([(ulong)mebibytes << 20], cpus), kernel);

    /// <summary>The guest of an experiment, with its watermarks and per-CPU marks of boot.</summary>
    public static Guest Of(string experiment, AllocatorState? state, MemoryLayout? layout = null)
    {
        Zoneinfo before = Zoneinfos.Read($"guest/{experiment}/before.zoneinfo");
        var guest = new Guest(layout ?? MemoryLayout.FromZones(before.Specs(), before.Nodes()), new KernelVersion(6, 1), Zoneinfos.Sysctls(experiment), state);
        foreach (ZoneinfoZone zone in before.Zones.Where(zone => zone.StartPfn is not null))
        {
            int index = ZoneTable.Index(zone.Node, Zoneinfos.TypeOf(zone));
            guest.Zones.SetBootMarks(index, zone.Min, zone.Low, zone.High, zone.Pagesets[0].Batch, zone.Pagesets[0].High);
        }

        return guest;
    }

    /// <summary>Takes all that is free.</summary>
    public Stack<uint> TakeAll()
    {
        var taken = new Stack<uint>();
        for (uint pfn = Pages.AllocPages(Gfp.Kernel, 0); pfn != 0; pfn = Pages.AllocPages(Gfp.Kernel, 0))
            taken.Push(pfn);
        return taken;
    }

    public void Dispose()
    {
        Caches.Dispose();
        Pages.Dispose();
        Zones.Dispose();
        Frames.Dispose();
        _memory.Dispose();
    }
}
