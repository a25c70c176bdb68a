using System.Globalization;
using System.Text.Json.Nodes;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using static Pagewise.Replay.Machines.MachineValues;

namespace Pagewise.Replay.Machines;

/// <content>The table of everything that stands outside the sections with names of their own.</content>
public sealed partial class MachineSetting
{
    private const ulong Tebibyte = 1UL << 40;

    /// <summary>Every setting, in the order in which the documentation lists them.</summary>
    public static IReadOnlyList<MachineSetting> All { get; } =
    [
        new("kernel", "a Linux release from 4.14 to 7.99, such as 6.18", ValueSchema.NumberOrText("^[0-9]+\\.[0-9]+"), static (spec, text) =>
            KernelVersion.TryParse(text, out KernelVersion version) && version >= new KernelVersion(4, 14) && version < new KernelVersion(8, 0)
                ? spec with { Kernel = version }
                : throw new FormatException()),
        new("memory", "a size from 1 MiB to 16 TiB, such as 256 MiB", ValueSchema.Size(), static (spec, text) =>
            Booted(spec with { MemoryBytes = Size(text, 1 << 20, 16 * Tebibyte), NodeBytes = [], Zones = [] })),
        new("nodes", "the sizes of NUMA nodes, such as 256 MiB, 512 MiB", ValueSchema.Any(ValueSchema.Size(), ValueSchema.Text("^[0-9]+ *[A-Za-z]*( *, *[0-9]+ *[A-Za-z]*)*$"), new JsonObject { ["type"] = "array", ["items"] = ValueSchema.Size() }), static (spec, text) =>
        {
            ulong[] nodes = [.. text.Split(',').Select(size => Size(size.Trim(), 1 << 20, 16 * Tebibyte))];
            if (nodes.Length > 64)
                throw new FormatException();
            UInt128 total = 0;
            foreach (ulong bytes in nodes)
                total += bytes;
            return total <= 16 * Tebibyte ? Booted(spec with { NodeBytes = nodes, MemoryBytes = (ulong)total, Zones = [] }) : throw new FormatException();
        }) { ListSeparator = "," },
        new("kernel_image", "a size from 0 to 16 TiB: what the kernel and early boot keep of the memory", ValueSchema.Size(), static (spec, text) =>
            spec with { KernelBytes = Size(text, 0, 16 * Tebibyte) }),
        new("swap", "a size from 0 to 16 TiB", ValueSchema.Size(), static (spec, text) => spec with { SwapBytes = Size(text, 0, 16 * Tebibyte), SwapAreas = [] }),
        new("cpus", "a number from 1 to 64", ValueSchema.Integer(1, 64), static (spec, text) => spec with { Cpus = (int)Number(text, 1, 64) }),
        new("cpu", "one of " + string.Join(", ", CpuPreset.All.Select(preset => preset.Name)), ValueSchema.OneOf(CpuPreset.All.Select(preset => preset.Name)), static (spec, text) =>
            CpuPreset.Find(text) is { } preset ? spec with { Cpu = preset.Name } : throw new FormatException()),
        new("page_tables", "one of x86-64, x86-64-5level, x86-32, x86-pae", ValueSchema.OneOf("x86-64", "x86-64-5level", "x86-32", "x86-pae"), static (spec, text) => spec with
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
        new("thp", "one of always, madvise, never", ValueSchema.OneOf("always", "madvise", "never"), static (spec, text) => spec with
        {
            Thp = text switch
            {
                "always" => ThpMode.Always,
                "madvise" => ThpMode.Madvise,
                "never" => ThpMode.Never,
                _ => throw new FormatException(),
            },
        }),
        new("seed", "a number from 0 to 18446744073709551615", ValueSchema.Integer(0, ulong.MaxValue), static (spec, text) => spec with { Seed = Number(text, 0, ulong.MaxValue) }),
        new("warm_page_cache", "true or false", ValueSchema.Boolean(), static (spec, text) => spec with { WarmPageCache = Boolean(text) }),
        new("fault_around_bytes", "a power of two from 4096 to 2097152", ValueSchema.OneOfNumbers(Enumerable.Range(12, 10).Select(shift => 1 << shift)), static (spec, text) =>
            Number(text, 4096, 2 << 20) is var bytes && ulong.IsPow2(bytes)
                ? spec with { FaultAroundBytes = (int)bytes }
                : throw new FormatException()),
        new("read_ahead_kb", "a number of KiB from 0 to 1048576", ValueSchema.Integer(0, 1 << 20), static (spec, text) =>
            spec with { ReadAheadKb = (int)Number(text, 0, 1 << 20) }),
        new("stack_guard_gap", "a number of pages from 0 to 65536", ValueSchema.Integer(0, 65536), static (spec, text) =>
            spec with { StackGuardGapPages = (int)Number(text, 0, 65536) }),
        new("uid", "a number from 0 to 4294967294", ValueSchema.Integer(0, uint.MaxValue - 1), static (spec, text) => spec with { Uid = (uint)Number(text, 0, uint.MaxValue - 1) }),
        new("cap_ipc_lock", "true or false", ValueSchema.Boolean(), static (spec, text) => spec with { CapIpcLock = Boolean(text) }),
        new("cap_sys_resource", "true or false", ValueSchema.Boolean(), static (spec, text) => spec with { CapSysResource = Boolean(text) }),
        new("cap_sys_admin", "true or false", ValueSchema.Boolean(), static (spec, text) => spec with { CapSysAdmin = Boolean(text) }),
        Limit("stack", RlimitResource.Stack),
        Limit("data", RlimitResource.Data),
        Limit("as", RlimitResource.AddressSpace),
        Limit("memlock", RlimitResource.MemLock),
        new("kernel.randomize_va_space", "0, 1 or 2", ValueSchema.Integer(0, 2), static (spec, text) => spec with { RandomizeVaSpace = (int)Number(text, 0, 2) }),
        new("vm.overcommit_memory", "0, 1 or 2", ValueSchema.Integer(0, 2), static (spec, text) => spec with { OvercommitMemory = (int)Number(text, 0, 2) }),
        new("vm.overcommit_ratio", "a percentage from 0 to 10000", ValueSchema.Integer(0, 10000), static (spec, text) =>
            spec with { OvercommitRatio = (int)Number(text, 0, 10000) }),
        new("vm.overcommit_kbytes", "KiB, up to 16 TiB", ValueSchema.Integer(0, Tebibyte >> 6), static (spec, text) =>
            spec with { OvercommitKbytes = Number(text, 0, Tebibyte >> 6) }),
        new("vm.admin_reserve_kbytes", "KiB, up to 16 TiB", ValueSchema.Integer(0, Tebibyte >> 6), static (spec, text) =>
            spec with { AdminReserveKbytes = Number(text, 0, Tebibyte >> 6) }),
        new("vm.user_reserve_kbytes", "KiB, up to 16 TiB", ValueSchema.Integer(0, Tebibyte >> 6), static (spec, text) =>
            spec with { UserReserveKbytes = Number(text, 0, Tebibyte >> 6) }),
        new("vm.vfs_cache_pressure", "a number of percent, 0 or more", ValueSchema.Integer(0, int.MaxValue), static (spec, text) =>
            spec with { VfsCachePressure = (int)Number(text, 0, int.MaxValue) }),
        new("vm.swappiness", "a number from 0 to 200", ValueSchema.Integer(0, 200), static (spec, text) =>
            spec with { Swappiness = (int)Number(text, 0, 200) }),
        new("vm.page-cluster", "a number from 0 to 31", ValueSchema.Integer(0, 31), static (spec, text) =>
            spec with { PageCluster = (int)Number(text, 0, 31) }),
        new("vma_ra_enabled", "true or false", ValueSchema.Boolean(), static (spec, text) => spec with { HasVmaReadahead = Boolean(text) }),
        new("lru_gen", "y, n or what /sys/kernel/mm/lru_gen/enabled takes: 0 to 7, hexadecimal with 0x", ValueSchema.NumberOrText("^(y|n|0|[1-7]|0[xX]0*[0-7])$"), static (spec, text) =>
            spec with { LruGen = LruGen(text) }),
        new("zswap.enabled", "true or false", ValueSchema.Boolean(), static (spec, text) => spec with { Zswap = spec.Zswap with { IsEnabled = Boolean(text) } }),
        new("zswap.max_pool_percent", "a percentage from 0 to 100", ValueSchema.Integer(0, 100), static (spec, text) =>
            spec with { Zswap = spec.Zswap with { MaxPoolPercent = (int)Number(text, 0, 100) } }),
        new("zswap.accept_threshold_percent", "a percentage from 0 to 100", ValueSchema.Integer(0, 100), static (spec, text) =>
            spec with { Zswap = spec.Zswap with { AcceptThresholdPercent = (int)Number(text, 0, 100) } }),
        new("zswap.zpool", "zbud or zsmalloc", ValueSchema.OneOf("zbud", "zsmalloc"), static (spec, text) => text.Trim() switch
        {
            "zbud" => spec with { Zswap = spec.Zswap with { IsZsmalloc = false } },
            "zsmalloc" => spec with { Zswap = spec.Zswap with { IsZsmalloc = true } },
            _ => throw new FormatException(),
        }),
        new("zswap.compressor", "lzo or lzo-rle", ValueSchema.OneOf("lzo", "lzo-rle"), static (spec, text) => text.Trim() switch
        {
            "lzo" => spec with { Zswap = spec.Zswap with { IsRle = false } },
            "lzo-rle" => spec with { Zswap = spec.Zswap with { IsRle = true } },
            _ => throw new FormatException(),
        }),
        new("zswap.same_filled_pages_enabled", "true or false", ValueSchema.Boolean(), static (spec, text) => spec with { Zswap = spec.Zswap with { KeepsSameFilled = Boolean(text) } }),
        new("vm.max_map_count", "a number from 0 to 16777216", ValueSchema.Integer(0, 1 << 24), static (spec, text) =>
            spec with { MaxMapCount = (int)Number(text, 0, 1 << 24) }),
        new("vm.mmap_min_addr", "bytes, from 0 to 1073741824", ValueSchema.Integer(0, 1 << 30), static (spec, text) =>
            spec with { MmapMinAddr = Number(text, 0, 1 << 30) }),
        Oom("vm.panic_on_oom", "0, 1 or 2", 2),
        Oom("vm.oom_kill_allocating_task", "0 or 1", 1),
        Oom("vm.oom_dump_tasks", "0 or 1", 1),
        Dirty("vm.dirty_ratio", "a percentage from 0 to 100", 100),
        Dirty("vm.dirty_background_ratio", "a percentage from 0 to 100", 100),
        Dirty("vm.dirty_bytes", "0, or bytes from 8192", long.MaxValue),
        Dirty("vm.dirty_background_bytes", "bytes, 0 for none", long.MaxValue),
        Dirty("vm.dirty_writeback_centisecs", "hundredths of a second from 0 to 2147483647", int.MaxValue),
        Dirty("vm.dirty_expire_centisecs", "hundredths of a second from 0 to 2147483647", int.MaxValue),
        new("vm.min_free_kbytes", "KiB, from 0 to 2147483647", ValueSchema.Integer(0, int.MaxValue), static (spec, text) =>
            spec with { PageAllocator = spec.PageAllocator with { MinFreeKbytes = (int)Number(text, 0, int.MaxValue) } }),
        new("vm.watermark_scale_factor", "a number from 1 to 3000", ValueSchema.Integer(1, 3000), static (spec, text) =>
            spec with { PageAllocator = spec.PageAllocator with { WatermarkScaleFactor = (int)Number(text, 1, 3000) } }),
        new("vm.watermark_boost_factor", "a number from 0 to 2147483647", ValueSchema.Integer(0, int.MaxValue), static (spec, text) =>
            spec with { PageAllocator = spec.PageAllocator with { WatermarkBoostFactor = (int)Number(text, 0, int.MaxValue) } }),
        new("vm.lowmem_reserve_ratio", "up to five numbers such as 256 256 32 0 0", ValueSchema.Any(ValueSchema.NumberOrText("^[0-9]+([ \t]+[0-9]+){0,4}$"), new JsonObject { ["type"] = "array", ["items"] = ValueSchema.Integer(0, int.MaxValue), ["maxItems"] = 5 }), static (spec, text) =>
            spec with { PageAllocator = spec.PageAllocator with { LowmemReserveRatio = Ratios(text) } }) { ListSeparator = " " },
        new("vm.percpu_pagelist_high_fraction", "0, or a number from 8 to 2147483647", ValueSchema.Integer(0, int.MaxValue), static (spec, text) =>
            Number(text, 0, int.MaxValue) is var fraction and (0 or >= 8)
                ? spec with { PageAllocator = spec.PageAllocator with { PercpuPagelistHighFraction = (int)fraction } }
                : throw new FormatException()),
        new("vm.legacy_va_layout", "0 or 1", ValueSchema.Integer(0, 1), static (spec, text) => spec with { LegacyVaLayout = Number(text, 0, 1) == 1 }),
    ];

    // A start value of 0 bytes says that the ratio counts.
    private static MachineSetting Dirty(string name, string expects, long most) => new(name, expects, ValueSchema.Integer(0, (ulong)most), (spec, text) =>
        Number(text, 0, (ulong)most) is var value && value == 0 && name.EndsWith("bytes", StringComparison.Ordinal)
            ? spec
            : spec with { Dirty = spec.Dirty.With(name, (long)value) ?? throw new FormatException() });

    // As the kernel reads /sys/kernel/mm/lru_gen/enabled.
    private static LruGenCaps LruGen(string text) => text.Trim() switch
    {
        "y" or "Y" => LruGenCaps.All,
        "n" or "N" => LruGenCaps.None,
        ['0', 'x' or 'X', .. var digits] when uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint caps) && caps <= (uint)LruGenCaps.All => (LruGenCaps)caps,
        var number => (LruGenCaps)Number(number, 0, (ulong)LruGenCaps.All),
    };

    private static MachineSetting Oom(string name, string expects, ulong most) => new(name, expects, ValueSchema.Integer(0, most), (spec, text) =>
        spec with { Oom = spec.Oom.With(name, (long)Number(text, 0, most)) ?? throw new FormatException() });

    private static MachineSetting Limit(string name, RlimitResource resource) =>
        new($"limits.{name}", "a size such as 8 MiB, or unlimited", ValueSchema.Size("unlimited"), (spec, text) =>
        {
            ulong value = text == "unlimited" ? Rlimit.Infinity : Size(text, 0, ulong.MaxValue >> 1);
            var limits = new SortedDictionary<RlimitResource, Rlimit>(spec.Limits.ToDictionary())
            {
                [resource] = new Rlimit(value, Rlimit.Infinity),
            };
            return spec with { Limits = limits };
        });

    /// <summary>RAM of which the kernel has taken its part (<see cref="BootReserve"/>); kernel_image says otherwise.</summary>
    private static MachineSpec Booted(MachineSpec spec) => spec with { KernelBytes = BootReserve.Bytes(spec.MemoryBytes) };
}
