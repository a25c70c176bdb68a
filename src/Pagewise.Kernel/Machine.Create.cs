using System.Globalization;
using System.Numerics;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel;

public abstract partial class Machine
{
    /// <summary>Switches a machine on.</summary>
    /// <exception cref="ArgumentException">The spec asks for something that cannot be; the message says what, in one line.</exception>
    public static Machine Create(MachineSpec spec)
    {
        CpuPreset preset = Check(spec);
        return spec.Format switch
        {
            PageTableFormat.X86_64 => new FormatMachine<X86_64FourLevel>(spec, preset),
            PageTableFormat.X86_64_5Level => new FormatMachine<X86_64FiveLevel>(spec, preset),
            PageTableFormat.X86Pae => new FormatMachine<X86Pae>(spec, preset),
            PageTableFormat.X86_32 => new FormatMachine<X86TwoLevel>(spec, preset),
            _ => throw new ArgumentException($"format {spec.Format} is unknown", nameof(spec)),
        };
    }

    /// <summary>Where the RAM lies; the kernel needs some of it before the first program starts.</summary>
    private static MemoryLayout LayoutOf(MachineSpec spec)
    {
        const ulong least = 64;
        MemoryLayout layout = spec.Memory?.Layout ?? ChooseLayout(spec);
        ulong managed = 0;
        foreach (ZoneSpec zone in layout.Zones())
            managed += zone.ManagedPages;
        return managed >= least
            ? layout
            : throw new ArgumentException($"{managed} frames are left after what the kernel keeps: at least {least} are needed", nameof(spec));
    }

    /// <summary>
    /// Where the RAM lies. Formats whose kernels reach no frame above 4 GiB or 64 GiB get it in one piece, without the
    /// hole below 4 GiB; their ZONE_HIGHMEM is not modelled.
    /// </summary>
    private static MemoryLayout ChooseLayout(MachineSpec spec)
    {
        if (spec.Zones.Count > 0)
            return StatedLayout(spec);
        IReadOnlyList<ulong> nodes = spec.NodeBytes.Count > 0 ? spec.NodeBytes : [spec.MemoryBytes];
        bool is64Bit = spec.Format is PageTableFormat.X86_64 or PageTableFormat.X86_64_5Level;
        return is64Bit && spec.MemoryBytes >= MemoryLayout.LeastPcBytes
            ? MemoryLayout.I440fx(nodes, spec.Cpus, spec.KernelBytes)
            : MemoryLayout.Flat(nodes, spec.Cpus);
    }

    private static MemoryLayout StatedLayout(MachineSpec spec)
    {
        ZoneSpec? before = null;
        foreach (ZoneSpec zone in spec.Zones.OrderBy(zone => zone.StartPfn))
        {
            if (zone.ManagedPages > zone.PresentPages || zone.PresentPages > zone.SpannedPages || zone.StartPfn + zone.SpannedPages > uint.MaxValue)
                throw new ArgumentException($"zone {zone.Type.Name()} of node {zone.Node} manages {zone.ManagedPages} frames of {zone.PresentPages} present in {zone.SpannedPages} spanned", nameof(spec));
            if (before is not null && zone.StartPfn < before.StartPfn + before.SpannedPages)
                throw new ArgumentException($"zone {zone.Type.Name()} of node {zone.Node} begins at frame {zone.StartPfn}, before {before.Type.Name()} of node {before.Node} ends", nameof(spec));
            before = zone;
        }

        return MemoryLayout.FromZones(spec.Zones, MemoryLayout.DealNodes(spec.Zones.Max(zone => zone.Node) + 1, spec.Cpus));
    }

    /// <summary>Bytes of RAM that hold all frames below one, and the rest of its largest block: the allocator looks at whole blocks.</summary>
    private static ulong BytesUpTo(uint maxPfn) =>
        (((ulong)maxPfn + (1 << PageOrder.Max) - 1) & ~((1UL << PageOrder.Max) - 1)) << Pfn.Shift;

    /// <summary>A disk of which only the cost table is known: each read takes major_fault, any number at once.</summary>
    private static BlockDeviceSpec AssumedDisk(CostTable costs) => new("disk")
    {
        ReadLatencyNs = costs.MajorFault,
        WriteLatencyNs = costs.MajorFault,
        QueueDepth = BlockDeviceSpec.MostQueueDepth,
    };

    /// <summary>The swap areas; of a mere size one, whose header comes on top.</summary>
    private static IReadOnlyList<SwapAreaSpec> SwapAreasOf(MachineSpec spec)
    {
        if (spec.SwapAreas.Count > 0)
            return spec.SwapAreas;
        return spec.SwapBytes < Pfn.SizeBytes ? [] : [new SwapAreaSpec((uint)Math.Min((spec.SwapBytes >> Pfn.Shift) + 1, uint.MaxValue))];
    }

    private static VmSettings SettingsOf(MachineSpec spec, ulong totalRamPages) => new()
    {
        Kernel = spec.Kernel,
        Format = spec.Format,
        TotalRamPages = totalRamPages,
        OvercommitMemory = spec.OvercommitMemory,
        OvercommitRatio = spec.OvercommitRatio,
        OvercommitKbytes = spec.OvercommitKbytes,
        AdminReserveKbytes = spec.AdminReserveKbytes,
        UserReserveKbytes = spec.UserReserveKbytes,
        MaxMapCount = spec.MaxMapCount,
        MmapMinAddr = spec.MmapMinAddr,
        StackGuardGapPages = spec.StackGuardGapPages,
        LegacyVaLayout = spec.LegacyVaLayout,
        RandomizeVaSpace = spec.RandomizeVaSpace,
        Seed = spec.Seed,
    };

    private static CpuPreset Check(MachineSpec spec)
    {
        ulong most = spec.Format switch
        {
            PageTableFormat.X86_32 => X86TwoLevel.MaxMemoryBytes,
            PageTableFormat.X86Pae => X86Pae.MaxMemoryBytes,
            _ => MemoryLayout.MostBytes,
        };
        if (spec.MemoryBytes < PhysicalMemory.MinBytes || spec.MemoryBytes > most || spec.MemoryBytes % Pfn.SizeBytes != 0)
            throw Bad($"memory of {spec.MemoryBytes} bytes: {PhysicalMemory.MinBytes} to {most} in whole 4096-byte frames is what {spec.Format} can have");
        ulong inNodes = 0;
        foreach (ulong bytes in spec.NodeBytes)
            inNodes = bytes > most ? ulong.MaxValue : inNodes + bytes;
        if (spec.NodeBytes.Count > 0 && inNodes != spec.MemoryBytes)
            throw Bad($"nodes of {inNodes} bytes in all: the memory has {spec.MemoryBytes}");
        if (spec.Cpus is < 1 or > 64)
            throw Bad($"{spec.Cpus} CPUs: 1 to 64 are modelled");
        if (spec.FaultAroundBytes < Pfn.SizeBytes || !BitOperations.IsPow2(spec.FaultAroundBytes) || spec.FaultAroundBytes > 2 << 20)
            throw Bad($"fault_around_bytes of {spec.FaultAroundBytes}: a power of two from 4096 to 2097152 is needed");
        if (spec.ReadAheadKb is < 0 or > 1 << 20)
            throw Bad($"read_ahead_kb of {spec.ReadAheadKb}: 0 to 1048576 is needed");
        if (spec.SwapAreas.Count > SwpEntry.MostAreas)
            throw Bad($"{spec.SwapAreas.Count} swap areas: at most {SwpEntry.MostAreas} are possible");
        foreach (SwapAreaSpec area in spec.SwapAreas)
        {
            if (area.Pages < 2)
                throw Bad($"swap area {area.Name}: its size has to be at least one page besides the header");
            if (area.Device is not null && spec.BlockDevices.All(device => device.Name != area.Device))
                throw Bad($"swap area {area.Name}: there is no block device {area.Device}");
        }

        if (spec.VfsCachePressure < 0)
            throw Bad($"vm.vfs_cache_pressure of {spec.VfsCachePressure}: 0 or more is needed");
        if (spec.Swappiness is < 0 or > 200)
            throw Bad($"vm.swappiness of {spec.Swappiness}: 0 to 200 is needed");
        if (spec.Zswap.MaxPoolPercent is < 0 or > 100 || spec.Zswap.AcceptThresholdPercent is < 0 or > 100)
            throw Bad($"zswap with max_pool_percent {spec.Zswap.MaxPoolPercent} and accept_threshold_percent {spec.Zswap.AcceptThresholdPercent}: 0 to 100 is needed");
        if (spec.PageCluster is < 0 or > 31)
            throw Bad($"vm.page-cluster of {spec.PageCluster}: 0 to 31 is needed");
        foreach (BlockDeviceSpec device in spec.BlockDevices)
        {
            if (device.Problem() is { } problem)
                throw new ArgumentException(problem, nameof(spec));
        }

        CpuPreset preset = CpuPreset.Find(spec.Cpu)
            ?? throw Bad($"no CPU preset is called '{spec.Cpu}'; there are {string.Join(", ", CpuPreset.All.Select(known => known.Name))}");
        CostTable costs = preset.Costs;
        foreach ((string name, double nanoseconds) in spec.CostsNs)
            costs = costs.With(name, nanoseconds);
        return preset with { Costs = costs };

        static ArgumentException Bad(FormattableString message) => new(message.ToString(CultureInfo.InvariantCulture), nameof(spec));
    }
}
