using Pagewise.Kernel.Block;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Oom;
using Pagewise.Procfs;

namespace Pagewise.Replay.Oom;

/// <summary>A host as a forecast begins with it: amounts of memory by what can be had of them, in pages, and its processes.</summary>
/// <param name="Control">The processes, how points are counted, and the total they are counted against.</param>
/// <param name="MemoryPages">What of the total is memory.</param>
public sealed record ForecastHost(OomControl Control, long MemoryPages)
{
    /// <summary>Free pages.</summary>
    public long FreePages { get; init; }

    /// <summary>Where kswapd wakes: low watermarks and what zones keep for others.</summary>
    public long LowPages { get; init; }

    /// <summary>Where allocations must reclaim themselves: min watermarks and what zones keep for others.</summary>
    public long MinPages { get; init; }

    /// <summary>The sum of the high watermarks.</summary>
    public long HighPages { get; init; }

    /// <summary>Inactive pages of files.</summary>
    public long InactiveFilePages { get; init; }

    /// <summary>Active pages of files.</summary>
    public long ActiveFilePages { get; init; }

    /// <summary>Slab pages that shrinkers can free (SReclaimable).</summary>
    public long SlabReclaimablePages { get; init; }

    /// <summary>Anonymous and shmem pages that can be swapped.</summary>
    public long AnonPages { get; init; }

    /// <summary>Free swap space.</summary>
    public long SwapFreePages { get; init; }

    /// <summary>vm.swappiness.</summary>
    public int Swappiness { get; init; } = 60;

    /// <summary>Resident anonymous pages by process: what a kill gives back.</summary>
    public IReadOnlyDictionary<int, long> AnonByPid { get; init; } = new Dictionary<int, long>();

    /// <summary>Where swap lies: its bandwidth bounds how fast anonymous memory can go.</summary>
    public BlockDeviceSpec SwapDevice { get; init; } = BlockDeviceSpec.Presets[0];

    /// <summary>What reclaim costs the CPU.</summary>
    public CostTable Costs { get; init; } = (CpuPreset.Find("skylake") ?? CpuPreset.All[0]).Costs;

    /// <summary>Takes the figures of /proc.</summary>
    /// <param name="control">The choice as it would be made now.</param>
    /// <param name="memory">/proc/meminfo.</param>
    /// <param name="zones">/proc/zoneinfo; null: watermarks are taken from min_free_kbytes' usual size.</param>
    /// <param name="processes">The processes.</param>
    /// <param name="swappiness">vm.swappiness.</param>
    public static ForecastHost Of(OomControl control, Meminfo memory, Zoneinfo? zones, IReadOnlyList<HostProcess> processes, int swappiness)
    {
        ArgumentNullException.ThrowIfNull(memory);
        long total = Pages("MemTotal");
        (long low, long min, long high) = zones is null ? Usual(total) : Marks(zones);
        var anon = new Dictionary<int, long>(processes.Count);
        foreach (HostProcess process in processes)
            anon[process.Candidate.Pid] = Math.Min(process.AnonKib >> 2, process.Candidate.RssPages);
        return new ForecastHost(control, total)
        {
            FreePages = Pages("MemFree"),
            LowPages = low,
            MinPages = min,
            HighPages = high,
            InactiveFilePages = Pages("Inactive(file)"),
            ActiveFilePages = Pages("Active(file)"),
            SlabReclaimablePages = Pages("SReclaimable"),
            AnonPages = Pages("Active(anon)") + Pages("Inactive(anon)"),
            SwapFreePages = Pages("SwapFree"),
            Swappiness = swappiness,
            AnonByPid = anon,
        };

        long Pages(string name) => (memory[name] ?? 0) >> 2;
    }

    /// <summary>The host with another choice, or another size: what is added to memory or swap is free at first, and what is taken away was.</summary>
    public ForecastHost With(OomControl control, long memoryPages) => this with
    {
        Control = control,
        MemoryPages = memoryPages,
        FreePages = Math.Max(0, FreePages + memoryPages - MemoryPages),
        SwapFreePages = Math.Max(0, SwapFreePages + (control.TotalPages - memoryPages) - (Control.TotalPages - MemoryPages)),
    };

    // Programs' pages come from every zone, but from the lower ones only beyond what is kept there.
    private static (long Low, long Min, long High) Marks(Zoneinfo zones)
    {
        int most = 0;
        for (int i = 0; i < zones.Zones.Count; i++)
        {
            if (zones.Zones[i].Managed > 0)
                most = Math.Max(most, Rank(zones.Zones[i].Name));
        }

        long low = 0, min = 0, high = 0;
        foreach (ZoneinfoZone zone in zones.Zones)
        {
            if (zone.Managed == 0)
                continue;
            long kept = most < zone.Protection.Count && Rank(zone.Name) != most ? zone.Protection[most] : 0;
            low += Math.Min(zone.Low + kept, zone.Managed);
            min += Math.Min(zone.Min + kept, zone.Managed);
            high += zone.High;
        }

        return (low, min, high);
    }

    private static int Rank(string zone) => zone switch { "DMA" => 0, "DMA32" => 1, "Normal" => 2, "Movable" => 3, _ => 0 };

    // Without zoneinfo: min_free_kbytes is the root of 16 times the memory in KiB, up to 256 MiB (init_per_zone_wmark_min).
    private static (long Low, long Min, long High) Usual(long totalPages)
    {
        long min = Math.Clamp((long)Math.Sqrt(16.0 * (totalPages << 2)), 128, 262144) >> 2;
        long distance = Math.Max(min / 4, totalPages / 1000);
        return (min + distance, min, min + (2 * distance));
    }
}
