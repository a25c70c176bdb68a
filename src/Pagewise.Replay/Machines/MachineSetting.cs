using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Replay.Machines;

/// <summary>
/// One thing that can be said of a machine, in a machine file or as <c>--set key=value</c>: sysctls by their own names,
/// the rest by the names of <c>machines/*.yaml</c>.
/// </summary>
public sealed class MachineSetting
{
    private const ulong Tebibyte = 1UL << 40;

    private readonly Func<MachineSpec, string, MachineSpec> _apply;

    private MachineSetting(string key, string expects, Func<MachineSpec, string, MachineSpec> apply)
    {
        Key = key;
        Expects = expects;
        _apply = apply;
    }

    /// <summary>Every setting, in the order in which the documentation lists them.</summary>
    public static IReadOnlyList<MachineSetting> All { get; } =
    [
        new("kernel", "a Linux release from 4.14 to 7.99, such as 6.18", static (spec, text) =>
            KernelVersion.TryParse(text, out KernelVersion version) && version >= new KernelVersion(4, 14) && version < new KernelVersion(8, 0)
                ? spec with { Kernel = version }
                : throw new FormatException()),
        new("memory", "a size from 1 MiB to 16 TiB, such as 256 MiB", static (spec, text) =>
            spec with { MemoryBytes = Size(text, 1 << 20, 16 * Tebibyte), NodeBytes = [], Zones = [] }),
        new("nodes", "the sizes of NUMA nodes, such as 256 MiB, 512 MiB", static (spec, text) =>
        {
            ulong[] nodes = [.. text.Split(',').Select(size => Size(size.Trim(), 1 << 20, 16 * Tebibyte))];
            if (nodes.Length > 64)
                throw new FormatException();
            UInt128 total = 0;
            foreach (ulong bytes in nodes)
                total += bytes;
            return total <= 16 * Tebibyte ? spec with { NodeBytes = nodes, MemoryBytes = (ulong)total, Zones = [] } : throw new FormatException();
        }),
        new("kernel_image", "a size from 0 to 16 TiB: what the kernel and early boot keep of the memory", static (spec, text) =>
            spec with { KernelBytes = Size(text, 0, 16 * Tebibyte) }),
        new("swap", "a size from 0 to 16 TiB", static (spec, text) => spec with { SwapBytes = Size(text, 0, 16 * Tebibyte) }),
        new("cpus", "a number from 1 to 64", static (spec, text) => spec with { Cpus = (int)Number(text, 1, 64) }),
        new("cpu", "one of " + string.Join(", ", CpuPreset.All.Select(preset => preset.Name)), static (spec, text) =>
            CpuPreset.Find(text) is { } preset ? spec with { Cpu = preset.Name } : throw new FormatException()),
        new("page_tables", "one of x86-64, x86-64-5level, x86-32, x86-pae", static (spec, text) => spec with
        {
            Format = text switch
            {
                "x86-64" => PageTableFormat.X86_64,
                "x86-64-5level" => PageTableFormat.X86_64_5Level,
                "x86-32" => PageTableFormat.X86_32,
                "x86-pae" => PageTableFormat.X86Pae,
                _ => throw new FormatException(),
            },
        }),
        new("thp", "one of always, madvise, never", static (spec, text) => spec with
        {
            Thp = text switch
            {
                "always" => ThpMode.Always,
                "madvise" => ThpMode.Madvise,
                "never" => ThpMode.Never,
                _ => throw new FormatException(),
            },
        }),
        new("seed", "a number from 0 to 18446744073709551615", static (spec, text) => spec with { Seed = Number(text, 0, ulong.MaxValue) }),
        new("warm_page_cache", "true or false", static (spec, text) => spec with { WarmPageCache = Boolean(text) }),
        new("fault_around_bytes", "a power of two from 4096 to 2097152", static (spec, text) =>
            Number(text, 4096, 2 << 20) is var bytes && ulong.IsPow2(bytes)
                ? spec with { FaultAroundBytes = (int)bytes }
                : throw new FormatException()),
        new("read_ahead_kb", "a number of KiB from 0 to 1048576", static (spec, text) =>
            spec with { ReadAheadKb = (int)Number(text, 0, 1 << 20) }),
        new("stack_guard_gap", "a number of pages from 0 to 65536", static (spec, text) =>
            spec with { StackGuardGapPages = (int)Number(text, 0, 65536) }),
        new("uid", "a number from 0 to 4294967294", static (spec, text) => spec with { Uid = (uint)Number(text, 0, uint.MaxValue - 1) }),
        new("cap_ipc_lock", "true or false", static (spec, text) => spec with { CapIpcLock = Boolean(text) }),
        new("cap_sys_resource", "true or false", static (spec, text) => spec with { CapSysResource = Boolean(text) }),
        new("cap_sys_admin", "true or false", static (spec, text) => spec with { CapSysAdmin = Boolean(text) }),
        Limit("stack", RlimitResource.Stack),
        Limit("data", RlimitResource.Data),
        Limit("as", RlimitResource.AddressSpace),
        Limit("memlock", RlimitResource.MemLock),
        new("kernel.randomize_va_space", "0, 1 or 2", static (spec, text) => spec with { RandomizeVaSpace = (int)Number(text, 0, 2) }),
        new("vm.overcommit_memory", "0, 1 or 2", static (spec, text) => spec with { OvercommitMemory = (int)Number(text, 0, 2) }),
        new("vm.overcommit_ratio", "a percentage from 0 to 10000", static (spec, text) =>
            spec with { OvercommitRatio = (int)Number(text, 0, 10000) }),
        new("vm.overcommit_kbytes", "KiB, up to 16 TiB", static (spec, text) =>
            spec with { OvercommitKbytes = Number(text, 0, Tebibyte >> 6) }),
        new("vm.admin_reserve_kbytes", "KiB, up to 16 TiB", static (spec, text) =>
            spec with { AdminReserveKbytes = Number(text, 0, Tebibyte >> 6) }),
        new("vm.user_reserve_kbytes", "KiB, up to 16 TiB", static (spec, text) =>
            spec with { UserReserveKbytes = Number(text, 0, Tebibyte >> 6) }),
        new("vm.max_map_count", "a number from 0 to 16777216", static (spec, text) =>
            spec with { MaxMapCount = (int)Number(text, 0, 1 << 24) }),
        new("vm.mmap_min_addr", "bytes, from 0 to 1073741824", static (spec, text) =>
            spec with { MmapMinAddr = Number(text, 0, 1 << 30) }),
        new("vm.min_free_kbytes", "KiB, from 0 to 2147483647", static (spec, text) =>
            spec with { PageAllocator = spec.PageAllocator with { MinFreeKbytes = (int)Number(text, 0, int.MaxValue) } }),
        new("vm.watermark_scale_factor", "a number from 1 to 3000", static (spec, text) =>
            spec with { PageAllocator = spec.PageAllocator with { WatermarkScaleFactor = (int)Number(text, 1, 3000) } }),
        new("vm.watermark_boost_factor", "a number from 0 to 2147483647", static (spec, text) =>
            spec with { PageAllocator = spec.PageAllocator with { WatermarkBoostFactor = (int)Number(text, 0, int.MaxValue) } }),
        new("vm.lowmem_reserve_ratio", "up to five numbers such as 256 256 32 0 0", static (spec, text) =>
            spec with { PageAllocator = spec.PageAllocator with { LowmemReserveRatio = Ratios(text) } }),
        new("vm.percpu_pagelist_high_fraction", "0, or a number from 8 to 2147483647", static (spec, text) =>
            Number(text, 0, int.MaxValue) is var fraction and (0 or >= 8)
                ? spec with { PageAllocator = spec.PageAllocator with { PercpuPagelistHighFraction = (int)fraction } }
                : throw new FormatException()),
        new("vm.legacy_va_layout", "0 or 1", static (spec, text) => spec with { LegacyVaLayout = Number(text, 0, 1) == 1 }),
    ];

    /// <summary>The section of a machine file whose entries change the cost table.</summary>
    public const string CostSection = "costs_ns";

    /// <summary>The section of a machine file that states zones, each as <c>nNODE.ZONE: start_pfn spanned present managed</c>.</summary>
    public const string ZoneSection = "zones";

    /// <summary>The key, as <c>--set</c> takes it. In a machine file "limits.stack" stands as "stack" under "limits".</summary>
    public string Key { get; }

    /// <summary>What a value has to be, as a phrase after "expected".</summary>
    public string Expects { get; }

    /// <summary>The setting of a key, null when there is none. "costs_ns.NAME" is a setting for every NAME of the cost table.</summary>
    public static MachineSetting? Find(string key)
    {
        const string prefix = CostSection + ".";
        if (key.StartsWith(prefix, StringComparison.Ordinal))
            return Cost(key[prefix.Length..]);
        if (key.StartsWith(ZoneSection + ".", StringComparison.Ordinal))
            return Zone(key[(ZoneSection.Length + 1)..]);
        foreach (MachineSetting setting in All)
        {
            if (setting.Key == key)
                return setting;
        }

        return null;
    }

    /// <summary>Applies one <c>key=value</c> of the command line.</summary>
    /// <exception cref="MachineFileException">The key or the value is wrong.</exception>
    public static MachineSpec Set(MachineSpec spec, string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new MachineFileException($"--set {assignment}", "expected key=value, such as vm.overcommit_memory=2");
        string key = assignment[..equals].Trim();
        MachineSetting setting = Find(key)
            ?? throw new MachineFileException($"--set {assignment}", $"unknown key '{key}'; {Known()}");
        return setting.TryApply(spec, assignment[(equals + 1)..].Trim())
            ?? throw new MachineFileException($"--set {assignment}", $"expected {setting.Expects}");
    }

    /// <summary>"known keys are …", for messages.</summary>
    public static string Known() => "known keys are " + string.Join(", ", All.Select(setting => setting.Key)) + ", " + CostSection + ".*, " + ZoneSection + ".*";

    /// <summary>The machine with the setting made; null when the value is not what <see cref="Expects"/> says.</summary>
    public MachineSpec? TryApply(MachineSpec spec, string value)
    {
        try
        {
            return _apply(spec, value);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static MachineSetting? Cost(string name) =>
        !CostTable.Names.Contains(name, StringComparer.Ordinal) ? null
            : new MachineSetting($"{CostSection}.{name}", "nanoseconds, from 0 to 1000000000", (spec, text) =>
                double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1e9
                    ? spec with { CostsNs = new SortedDictionary<string, double>(spec.CostsNs.ToDictionary(), StringComparer.Ordinal) { [name] = value } }
                    : throw new FormatException());

    private static MachineSetting? Zone(string name)
    {
        if (name.Split('.') is not [['n', .. var number], var zoneName]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int node) || node >= ZoneTable.MaxNodes
            || !ZoneTypes.TryParse(zoneName, out ZoneType type) || type == ZoneType.Device)
            return null;
        return new MachineSetting($"{ZoneSection}.{name}", "start_pfn, spanned, present and managed frames, such as 4096 126976 126976 117719", (spec, text) =>
        {
            ulong[] numbers = [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => Number(word, 0, uint.MaxValue))];
            if (numbers is not [> 0 and var start, > 0 and var spanned, var present, var managed] || managed > present || present > spanned || start + spanned > MemoryLayout.MostBytes >> 12)
                throw new FormatException();
            IReadOnlyList<ZoneSpec> zones = [.. spec.Zones.Where(zone => zone.Node != node || zone.Type != type), new ZoneSpec(node, type, (uint)start, spanned, present, managed)];
            ulong pages = 0;
            foreach (ZoneSpec zone in zones)
                pages += zone.PresentPages;
            return spec with { Zones = zones, MemoryBytes = pages << 12 };
        });
    }

    private static MachineSetting Limit(string name, RlimitResource resource) =>
        new($"limits.{name}", "a size such as 8 MiB, or unlimited", (spec, text) =>
        {
            ulong value = text == "unlimited" ? Rlimit.Infinity : Size(text, 0, ulong.MaxValue >> 1);
            var limits = new SortedDictionary<RlimitResource, Rlimit>(spec.Limits.ToDictionary())
            {
                [resource] = new Rlimit(value, Rlimit.Infinity),
            };
            return spec with { Limits = limits };
        });

    // As the kernel's own sysctl: fewer numbers than zones change only the first ones.
    private static int[] Ratios(string text)
    {
        string[] words = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        int[] ratios = [.. new PageAllocatorSysctls().LowmemReserveRatio];
        if (words.Length == 0 || words.Length > ratios.Length)
            throw new FormatException();
        for (int i = 0; i < words.Length; i++)
            ratios[i] = (int)Number(words[i], 0, int.MaxValue);
        return ratios;
    }

    private static bool Boolean(string text) => text switch { "true" => true, "false" => false, _ => throw new FormatException() };

    private static ulong Number(string text, ulong low, ulong high) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value >= low && value <= high
            ? value
            : throw new FormatException();

    private static ulong Size(string text, ulong low, ulong high) =>
        SizeText.TryParse(text, out ulong value) && value >= low && value <= high ? value : throw new FormatException();
}
