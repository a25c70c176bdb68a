using System.Globalization;
using System.Text.RegularExpressions;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Swap;
using Pagewise.Procfs;
using Pagewise.Replay.Machines;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// The machine of an experiment: kernel, sysctls, huge pages and swap as env.txt has them (of a live host uname.txt), zones, marks and free memory
/// from the snapshot <c>before</c>. Its programs run as root with all capabilities, without ASLR.
/// </summary>
internal static partial class ExperimentMachine
{
    /// <summary>Where the guest's disk is mounted; everything else lies in its initramfs.</summary>
    public const string Disk = "/data/";

    /// <summary>The files on it whose size the format's description tells, not every workload.</summary>
    public static IReadOnlyDictionary<string, ulong> FileSizes { get; } = new Dictionary<string, ulong>(StringComparer.Ordinal) { ["/data/big"] = 512UL << 20 };

    /// <summary>
    /// Of the pages of the guests' image that programs map (nr_mapped), those on the inactive list: the first that reclaim
    /// meets, and all of them are in use. trace_reclaim_w52 shows it (nr_activate_anon of the first
    /// mm_vmscan_lru_shrink_inactive), and every guest with swap ends with at least as many in pgactivate.
    /// </summary>
    public const long MappedInactivePages = 181;

    private const string CaseFile = "case.json";
    private const string Environment = "env.txt";
    private const string HostRelease = "uname.txt";

    /// <summary>
    /// The guests' virtio-blk. Reads: 63.0 s of cyclic56_pc0, less the 18.7 s of idle, for 28,498 pages read from swap one after the
    /// other are 1.55 ms a page; 0.34 ms the task ran itself (getrusage), most of the rest an idle CPU takes to wake up (idle_exit).
    /// While it is busy, requests are done within 0.4 ms (block_rq_issue to block_rq_complete of the same workload under QEMU:
    /// 0.13 to 0.48 ms). Writes: 4 MiB of wb_bytes in 10 to 26 ms. Requests have 254 parts, QEMU's queue of 256 less two.
    /// </summary>
    private static BlockDeviceSpec VirtioOfTcg { get; } = new("virtio-tcg") { ReadLatencyNs = 400_000, WriteLatencyNs = 400_000, WriteBytesPerSecond = 300e6, QueueDepth = 256, MaxSegments = 254, IsRotational = true };

    /// <summary>
    /// Their drive for swap, a file that the host has whole. Reads take 0.13 to 0.48 ms, so that some are done before the
    /// CPU is with handing them over. Writes of oom_swap64, repeated under QEMU: 0.12 ms at least, 0.36 with 254 pages.
    /// </summary>
    private static BlockDeviceSpec SwapOfTcg { get; } = VirtioOfTcg with { Name = "virtio-tcg-swap", ReadLatencyNs = 130_000, ReadSpreadNs = 350_000, WriteLatencyNs = 170_000, WriteBytesPerSecond = 4e9 };

    /// <summary>Reads it.</summary>
    /// <exception cref="RecordingException">A file is missing or is not what it should be.</exception>
    public static MachineSpec Read(ExperimentFiles files)
    {
        // What is cached at the start is in the snapshot's used memory, and not of the workload's files.
        var spec = new MachineSpec { Cpus = 1, Thp = ThpMode.Never, WarmPageCache = false };
        string machine = files.Has(CaseFile) ? files.Text(CaseFile) : "";
        // "-cpu max" has LA57, and Debian's kernel uses it: addresses of the direct map in traces begin with ff11.
        if (machine.Contains("-accel tcg", StringComparison.Ordinal))
            spec = spec with { Cpu = "qemu-tcg", Format = PageTableFormat.X86_64_5Level, BlockDevices = [VirtioOfTcg with { WriteBytesPerSecond = Math.Min(VirtioOfTcg.WriteBytesPerSecond, WriteLimit(machine)) }, SwapOfTcg] };
        foreach (string file in (string[])[HostRelease, Environment])
        {
            if (files.Has(file))
                spec = ReadEnvironment(files, file, spec);
        }

        if (!files.Has("before.zoneinfo"))
            return spec;
        Zoneinfo zones = files.Parse("before.zoneinfo", Zoneinfo.Parse);
        // Repeats of an experiment keep no more than the zoneinfo.
        Pagetypeinfo? types = files.Has("before.pagetypeinfo") ? files.Parse("before.pagetypeinfo", Pagetypeinfo.Parse) : null;
        ulong present = (ulong)zones.Zones.Sum(zone => zone.Present);
        return spec with
        {
            Cpus = SavedMemory.Cpus(zones),
            MemoryBytes = present << Pfn.Shift,
            Memory = files.Parse("before.zoneinfo", _ => SavedMemory.Snapshot(zones, types)),
        };
    }

    /// <summary>Whether the workload of the case touches its pages in their order, again and again, as its name says.</summary>
    public static bool IsCyclic(ExperimentFiles files) => files.Has(CaseFile) && NameOfCyclic().IsMatch(files.Text(CaseFile));

    [GeneratedRegex("\"case\": *\"[^\"]*cyclic")]
    private static partial Regex NameOfCyclic();

    /// <summary>What QEMU let a drive write a second, in bytes.</summary>
    private static double WriteLimit(string machine) =>
        LimitOfWrites().Match(machine) is { Success: true } limit && double.Parse(limit.Groups["bytes"].ValueSpan, CultureInfo.InvariantCulture) is > 0 and var bytes
            ? bytes
            : double.PositiveInfinity;

    [GeneratedRegex("writes limited to (?<bytes>[0-9]{1,15}) bytes/s", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex LimitOfWrites();

    private static MachineSpec ReadEnvironment(ExperimentFiles files, string file, MachineSpec spec)
    {
        string[] lines = files.Lines(file);
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["Linux", _, var release, ..])
            {
                if (!KernelVersion.TryParse(release, out KernelVersion kernel))
                    throw Wrong(i, "expected a kernel release such as 6.1.0 after \"Linux HOST\"");
                spec = spec with { Kernel = kernel };
            }
            else if (words is [var key, "=", ..] && MachineSetting.Find(key) is { } setting)
            {
                spec = setting.TryApply(spec, string.Join(' ', words[2..])) ?? throw Wrong(i, $"{key}: expected {setting.Expects}");
            }
            else if (words is ["thp", ..])
            {
                spec = MachineSetting.Find("thp")!.TryApply(spec, words.FirstOrDefault(word => word.StartsWith('['))?.Trim('[', ']') ?? "")
                    ?? throw Wrong(i, "expected \"thp always madvise [never]\" with one in brackets");
            }
            else if (words is ["lru_gen", var caps])
            {
                spec = MachineSetting.Find("lru_gen")!.TryApply(spec, caps) ?? throw Wrong(i, "expected lru_gen and what /sys/kernel/mm/lru_gen/enabled has, such as 0x0007");
            }
            else if (words is [_, "partition" or "file", var kibibytes, _, _])
            {
                if (!ulong.TryParse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture, out ulong size) || size > 1UL << 34)
                    throw Wrong(i, "expected the size of the swap device in KiB");
                int priority = int.TryParse(words[4], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int given) ? given : -2;
                var area = new SwapAreaSpec((uint)(size >> 2) + 1) { Priority = priority, IsSynchronous = words[0].StartsWith("/dev/zram", StringComparison.Ordinal) };
                spec = spec with { SwapBytes = spec.SwapBytes + (size << 10), SwapAreas = [.. spec.SwapAreas, area] };
            }
        }

        return spec;

        RecordingException Wrong(int line, string expected) => new(files.PathOf(file), line + 1, 1, expected);
    }
}
