using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;

namespace Pagewise.Replay.Machines;

/// <summary>A host as a machine file: zones, CPUs, sysctls, swap, huge pages and limits, from its /proc and /sys.</summary>
/// <param name="proc">The directory that /proc is, or was saved in.</param>
/// <param name="sys">The directory that /sys is, or was saved in; it may be missing.</param>
public sealed class MachineCapture(string proc, string sys)
{
    private const int SizeLimit = 16 << 20;
    private const int MostCpus = 64;

    // What is read under /proc/sys, in the order in which it is written.
    private static readonly string[] Sysctls =
    [
        "kernel.randomize_va_space", "vm.overcommit_memory", "vm.overcommit_ratio", "vm.overcommit_kbytes", "vm.admin_reserve_kbytes",
        "vm.user_reserve_kbytes", "vm.max_map_count", "vm.mmap_min_addr", "vm.legacy_va_layout", "vm.min_free_kbytes", "vm.watermark_scale_factor",
        "vm.watermark_boost_factor", "vm.lowmem_reserve_ratio", "vm.percpu_pagelist_high_fraction",
    ];

    private static readonly (RlimitResource Resource, string Name)[] Limits =
        [(RlimitResource.Stack, "stack"), (RlimitResource.Data, "data"), (RlimitResource.AddressSpace, "as"), (RlimitResource.MemLock, "memlock")];

    /// <summary>The machine file's text.</summary>
    /// <exception cref="MachineFileException">A file that is needed is missing or is not what it should be.</exception>
    public string Text()
    {
        Zoneinfo zones = Parse(Zoneinfo.FileName, Zoneinfo.Parse) ?? throw new MachineFileException(Path.Combine(proc, Zoneinfo.FileName), "is missing");
        Meminfo? memory = Parse(Meminfo.FileName, Meminfo.Parse);
        var text = new StringBuilder("# yaml-language-server: $schema=machine.schema.json\n# Captured by pagewise machine capture.\n");
        if (Read("sys/kernel/osrelease") is { } release && KernelVersion.TryParse(release, out KernelVersion kernel))
            text.Append(CultureInfo.InvariantCulture, $"kernel: {kernel}\n");
        int cpus = SavedMemory.Cpus(zones);
        text.Append(CultureInfo.InvariantCulture, $"cpus: {Math.Min(cpus, MostCpus)}{(cpus > MostCpus ? $" # of {cpus}" : "")}\n");
        if (Read("cpuinfo") is { } cpuinfo && PresetOf(cpuinfo) is { } preset)
            text.Append(CultureInfo.InvariantCulture, $"cpu: {preset}\n");
        text.Append(CultureInfo.InvariantCulture, $"swap: {memory?["SwapTotal"] ?? 0} KiB\n");
        if (HostFile.ReadText(Path.Combine(sys, "kernel/mm/transparent_hugepage/enabled"), SizeLimit, "a file of /sys") is { } thp && thp.IndexOf('[', StringComparison.Ordinal) is >= 0 and var open)
            text.Append(CultureInfo.InvariantCulture, $"thp: {thp[(open + 1)..].Split(']')[0]}\n");
        text.Append("\n# start_pfn, spanned, present and managed frames, as /proc/zoneinfo has them\nzones:\n");
        foreach (ZoneSpec zone in Zones(zones))
            text.Append(CultureInfo.InvariantCulture, $"  n{zone.Node}.{zone.Type.Name()}: {zone.StartPfn} {zone.SpannedPages} {zone.PresentPages} {zone.ManagedPages}\n");
        WriteSysctls(text);
        WriteLimits(text);
        string written = text.ToString();
        try
        {
            // What cannot be read again was no host's.
            _ = MachineFile.Apply(new MachineSpec(), "captured", written);
            return written;
        }
        catch (MachineFileException exception)
        {
            throw new MachineFileException(proc, $"is of no machine that can be modelled: {exception.Message}", exception);
        }
    }

    private IReadOnlyList<ZoneSpec> Zones(Zoneinfo zones)
    {
        try
        {
            return SavedMemory.Zones(zones);
        }
        catch (ProcfsException exception)
        {
            throw new MachineFileException(Path.Combine(proc, Zoneinfo.FileName), exception.Expected, exception);
        }
    }

    private void WriteSysctls(StringBuilder text)
    {
        text.Append("\nsysctl:\n");
        foreach (string name in Sysctls)
        {
            if (Read(Path.Combine("sys", name.Replace('.', '/'))) is { } value)
                text.Append(CultureInfo.InvariantCulture, $"  {name}: {string.Join(' ', value.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))}\n");
        }
    }

    private void WriteLimits(StringBuilder text)
    {
        if (Parse("self/limits", LimitsFile.Parse)?.Limits is not { } limits)
            return;
        text.Append("\nlimits:\n");
        foreach ((RlimitResource resource, string name) in Limits)
        {
            if (limits.TryGetValue(resource, out Rlimit limit))
                text.Append(CultureInfo.InvariantCulture, $"  {name}: {(limit.Current == Rlimit.Infinity ? "unlimited" : limit.Current.ToString(CultureInfo.InvariantCulture))}\n");
        }
    }

    // By maker and family: the presets are of two makers. An unknown CPU keeps the default.
    private static string? PresetOf(string cpuinfo)
    {
        string? Field(string name) => cpuinfo.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[^1].Trim();
        string? preset = (Field("vendor_id"), Field("cpu family")) switch
        {
            ("GenuineIntel", "6") => "skylake",
            ("AuthenticAMD", "25") => int.TryParse(Field("model\t"), CultureInfo.InvariantCulture, out int model) && model is >= 0x10 and < 0x20 or >= 0x60 ? "zen4" : "zen3",
            _ => null,
        };
        return preset is not null && CpuPreset.Find(preset) is not null ? preset : null;
    }

    private T? Parse<T>(string name, Func<string, T> parse)
        where T : class
    {
        if (Read(name) is not { } text)
            return null;
        try
        {
            return parse(text);
        }
        catch (ProcfsException exception)
        {
            throw new MachineFileException(Path.Combine(proc, name), exception.Line, exception.Column, exception.Expected, exception);
        }
    }

    private string? Read(string name) => HostFile.ReadText(Path.Combine(proc, name), SizeLimit, "a file of /proc");
}
