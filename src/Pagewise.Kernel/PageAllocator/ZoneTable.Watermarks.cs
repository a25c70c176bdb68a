using System.Numerics;

namespace Pagewise.Kernel.PageAllocator;

/// <content>Watermarks, reserves and sizes of per-CPU lists, at boot and after each sysctl (mm/page_alloc.c).</content>
public sealed partial class ZoneTable
{
    private const int MinPercpuPagelistHighFraction = 8;
    private const long SwapClusterMax = 32;

    /// <summary>Applies changed settings as the kernel does when each sysctl is written.</summary>
    /// <param name="sysctls">All settings; those that differ from <see cref="Sysctls"/> are written. A min_free_kbytes of -1 keeps the one in force.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public void Apply(PageAllocatorSysctls sysctls)
    {
        PageAllocatorSysctls old = Sysctls;
        Sysctls = Checked(sysctls.MinFreeKbytes < 0 ? sysctls with { MinFreeKbytes = old.MinFreeKbytes } : sysctls);
        if (!Sysctls.LowmemReserveRatio.SequenceEqual(old.LowmemReserveRatio))
            SetupPerZoneLowmemReserve();
        if (Sysctls.MinFreeKbytes != old.MinFreeKbytes || Sysctls.WatermarkScaleFactor != old.WatermarkScaleFactor)
            SetupPerZoneWmarks();
        else if (Sysctls.PercpuPagelistHighFraction != old.PercpuPagelistHighFraction)
            SetPagesetHighAndBatch();
    }

    /// <summary>
    /// Raises min_free_kbytes so that huge pages find whole blocks, as khugepaged does when it starts or when memory is
    /// resized (set_recommended_min_free_kbytes, mm/khugepaged.c).
    /// </summary>
    public void SetRecommendedMinFreeKbytes()
    {
        int zones = 0;
        for (int index = 0; index < ZoneCount; index++)
            zones += _zones[index].IsPopulated && _zones[index].Type <= ZoneType.Normal ? 1 : 0;
        long pages = PageOrder.PageblockPages * zones * 2L;
        pages += PageOrder.PageblockPages * zones * (long)(MigrateTypes.PcpCount * MigrateTypes.PcpCount);
        pages = Math.Min(pages, FreeBufferPages() / 20);
        int kbytes = (int)Math.Min(pages << 2, int.MaxValue);
        if (kbytes > Sysctls.MinFreeKbytes)
            Sysctls = Sysctls with { MinFreeKbytes = kbytes };
        SetupPerZoneWmarks();
    }

    /// <summary>Updates every number that depends on managed pages, settings or CPUs (setup_per_zone_wmarks).</summary>
    public void SetupPerZoneWmarks()
    {
        long pagesMin = (long)Sysctls.MinFreeKbytes >> 2;
        long lowmemPages = 0;
        for (int index = 0; index < ZoneCount; index++)
            lowmemPages += CountsAsLowmem(_zones[index].Type) ? _zones[index].ManagedPages : 0;
        for (int index = 0; index < ZoneCount; index++)
        {
            ref Zone zone = ref _zones[index];
            long share = lowmemPages == 0 ? 0 : (long)((UInt128)pagesMin * (ulong)zone.ManagedPages / (ulong)lowmemPages);
            long min = CountsAsLowmem(zone.Type)
                ? share
                : zone.Type == ZoneType.Movable ? Math.Clamp(zone.ManagedPages / 1024, SwapClusterMax, 128) : 0;
            long distance = Math.Max(share / 4, zone.ManagedPages * Sysctls.WatermarkScaleFactor / 10000);
            zone.WatermarkBoost = 0;
            zone.Watermark[(int)Watermark.Min] = min;
            zone.Watermark[(int)Watermark.Low] = min + distance;
            zone.Watermark[(int)Watermark.High] = min + (2 * distance);
            zone.Watermark[(int)Watermark.Promo] = min + (3 * distance);
        }

        SetPagesetHighAndBatch();
    }

    /// <summary>
    /// Sets what a zoneinfo shows instead of what the rules give: boot computes with the smaller managed counts of its
    /// early hours, and they hold until a sysctl is written.
    /// </summary>
    /// <param name="zone">The zone, by <see cref="Index"/>.</param>
    /// <param name="min">The min watermark, pages.</param>
    /// <param name="low">The low watermark, pages.</param>
    /// <param name="high">The high watermark, pages.</param>
    /// <param name="pcpBatch">Batch of the per-CPU lists.</param>
    /// <param name="pcpHigh">High mark of the per-CPU lists; where it moves (since 6.7) the least one.</param>
    public void SetBootMarks(int zone, long min, long low, long high, int pcpBatch, int pcpHigh)
    {
        ref Zone marks = ref _zones[zone];
        marks.Watermark[(int)Watermark.Min] = min;
        marks.Watermark[(int)Watermark.Low] = low;
        marks.Watermark[(int)Watermark.High] = high;
        marks.Watermark[(int)Watermark.Promo] = high + (low - min);
        marks.PagesetBatch = pcpBatch;
        marks.PagesetHighMin = pcpHigh;
        marks.PagesetHighMax = Math.Max(pcpHigh, PcpHighAutoTuned ? marks.PagesetHighMax : 0);
        SetPagesets(zone);
    }

    /// <summary>The threshold at which Linux folds a CPU's counter changes into a zone: shown in zoneinfo, without effect here (calculate_normal_threshold, mm/vmstat.c).</summary>
    public int StatThreshold(int zone)
    {
        int mem = (int)(_zones[zone].ManagedPages >> (27 - 12));
        return Math.Min(125, 2 * Fls(CpuCount) * (1 + Fls(mem)));
    }

    private static int Fls(int value) => 32 - BitOperations.LeadingZeroCount((uint)value);

    /// <summary>The integer square root, rounded down.</summary>
    private static long IntSqrt(long value)
    {
        long root = (long)Math.Sqrt(value);
        while (root * root > value)
            root--;
        while ((root + 1) * (root + 1) <= value)
            root++;
        return root;
    }

    /// <summary>Before 6.6 ZONE_MOVABLE takes its share of min_free_kbytes; since then it has a small mark of its own.</summary>
    private bool CountsAsLowmem(ZoneType type) => type <= ZoneType.Normal || (type == ZoneType.Movable && !MovableIsApart);

    private bool MovableIsApart => Kernel >= new Abi.KernelVersion(6, 6);

    private void InitPerZoneWmarkMin()
    {
        if (Sysctls.MinFreeKbytes < 0)
        {
            long lowmemKbytes = FreeBufferPages() << 2;
            Sysctls = Sysctls with { MinFreeKbytes = (int)Math.Clamp(IntSqrt(lowmemKbytes * 16), 128, 262144) };
        }

        SetupPerZoneWmarks();
        SetupPerZoneLowmemReserve();
    }

    /// <summary>Pages above the high watermark in the zones that kernel allocations of the first node can use (nr_free_buffer_pages).</summary>
    private long FreeBufferPages()
    {
        long sum = 0;
        foreach (ushort index in Zonelist(0))
        {
            ref Zone zone = ref _zones[index];
            if (zone.Type <= ZoneType.Normal)
                sum += Math.Max(0, zone.ManagedPages - zone.Watermark[(int)Watermark.High]);
        }

        return sum;
    }

    /// <summary>Pages that allocations for programs cannot have: per zone the larger of its highest reserve and the high watermark with it, at most all (calculate_totalreserve_pages).</summary>
    public ulong TotalReservePages
    {
        get
        {
            ulong pages = 0;
            for (int index = 0; index < ZoneCount; index++)
            {
                ref Zone zone = ref _zones[index];
                long reserve = 0;
                for (int upper = 0; upper < ZoneTypes.Count; upper++)
                    reserve = Math.Max(reserve, zone.LowmemReserve[upper]);
                pages += (ulong)Math.Min(reserve + zone.Watermark[(int)Watermark.High], (long)zone.ManagedPages);
            }

            return pages;
        }
    }

    private void SetupPerZoneLowmemReserve()
    {
        for (int index = 0; index < ZoneCount; index++)
        {
            ref Zone zone = ref _zones[index];
            int ratio = Sysctls.LowmemReserveRatio[(int)zone.Type];
            long above = 0;
            for (int upper = (int)zone.Type + 1; upper < ZoneTypes.Count; upper++)
            {
                above += _zones[Index(zone.Node, (ZoneType)upper)].ManagedPages;
                zone.LowmemReserve[upper] = ratio < 1 || zone.ManagedPages == 0 ? 0 : above / ratio;
            }
        }
    }

    private void SetPagesetHighAndBatch()
    {
        for (int index = 0; index < ZoneCount; index++)
        {
            ref Zone zone = ref _zones[index];
            if (!zone.IsPopulated)
                continue;
            int fraction = Sysctls.PercpuPagelistHighFraction;
            zone.PagesetBatch = Math.Max(1, BatchSize(zone.ManagedPages));
            zone.PagesetHighMin = HighSize(zone, fraction);
            zone.PagesetHighMax = PcpHighAutoTuned && fraction == 0 ? HighSize(zone, MinPercpuPagelistHighFraction) : zone.PagesetHighMin;
            SetPagesets(index);
        }
    }

    private void SetPagesets(int zone)
    {
        for (int cpu = 0; cpu < CpuCount; cpu++)
        {
            ref PerCpuPages set = ref PageSet(zone, cpu);
            set.Batch = _zones[zone].PagesetBatch;
            set.HighMin = _zones[zone].PagesetHighMin;
            set.HighMax = _zones[zone].PagesetHighMax;
            if (!PcpHighAutoTuned)
                set.High = set.HighMin;
        }
    }

    /// <summary>zone_batchsize: about a thousandth of the zone, at most a quarter of 1 MiB (since 6.7 at most 256 KiB), made 2^n - 1 so that cache colours spread.</summary>
    private int BatchSize(long managedPages)
    {
        int batch = PcpHighAutoTuned
            ? (int)Math.Min(managedPages >> 12, 64)
            : (int)Math.Min(managedPages >> 10, 256) / 4;
        batch = Math.Max(batch, 1);
        return (int)BitOperations.RoundUpToPowerOf2((uint)(batch + (batch / 2) + 1)) / 2 - 1;
    }

    /// <summary>zone_highsize: the low watermark, or the set share of the zone, split among the CPUs of the node; at least four batches.</summary>
    private int HighSize(in Zone zone, int fraction)
    {
        long pages = fraction == 0 ? zone.Watermark[(int)Watermark.Low] : zone.ManagedPages / fraction;
        int cpus = CpusOf(zone.Node);
        return (int)Math.Max(pages / (cpus == 0 ? CpuCount : cpus), zone.PagesetBatch << 2);
    }
}
