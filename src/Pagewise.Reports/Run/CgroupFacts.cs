using System.Text.Json.Serialization;
using Pagewise.Kernel;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Reports.Run;

/// <summary>A memory cgroup of the run, with all below it: what its files in /sys/fs/cgroup say, in bytes.</summary>
public sealed record CgroupFacts
{
    /// <summary>Its path below the mount, such as "/web".</summary>
    public required string Path { get; init; }

    /// <summary>memory.current, as the last address space was about to end.</summary>
    public ulong CurrentBytes { get; init; }

    /// <summary>memory.peak.</summary>
    public ulong PeakBytes { get; init; }

    /// <summary>memory.swap.current, at the same moment.</summary>
    public ulong SwapBytes { get; init; }

    /// <summary>memory.max; null: max.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? MaxBytes { get; init; }

    /// <summary>memory.high; null: max.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? HighBytes { get; init; }

    /// <summary>memory.events: reclaimed although below memory.low.</summary>
    public long Low { get; init; }

    /// <summary>memory.events: throttled above memory.high.</summary>
    public long High { get; init; }

    /// <summary>memory.events: at memory.max.</summary>
    public long Max { get; init; }

    /// <summary>memory.events: reclaim found too little at memory.max.</summary>
    public long Oom { get; init; }

    /// <summary>memory.events: processes killed.</summary>
    public long OomKill { get; init; }

    /// <summary>The cgroups of a machine as they stand, the root left out; null: it has none.</summary>
    internal static List<CgroupFacts>? Of(Machine machine)
    {
        MemCgroups groups = machine.Memcgs;
        if (!groups.Any)
            return null;
        var facts = new List<CgroupFacts>();
        for (int memcg = MemCgroups.Root + 1; memcg < groups.HighWater; memcg++)
        {
            if (!groups.Exists(memcg) || !groups[memcg].IsOnline)
                continue;
            MemCgroup group = groups[memcg];
            facts.Add(new CgroupFacts
            {
                Path = groups.PathOf(memcg),
                CurrentBytes = Bytes(group.Memory.Usage),
                PeakBytes = Bytes(group.Memory.Watermark),
                SwapBytes = Bytes(group.Swap.Usage),
                MaxBytes = LimitOf(group.Memory.Limit),
                HighBytes = LimitOf(group.Memory.High),
                Low = group.Events[(int)MemcgEvent.Low],
                High = group.Events[(int)MemcgEvent.High],
                Max = group.Events[(int)MemcgEvent.Max],
                Oom = group.Events[(int)MemcgEvent.Oom],
                OomKill = group.Events[(int)MemcgEvent.OomKill],
            });
        }

        return facts.Count == 0 ? null : facts;
    }

    private static ulong Bytes(long pages) => (ulong)pages << Pfn.Shift;

    private static ulong? LimitOf(long pages) => pages >= PageCounter.Max ? null : Bytes(pages);
}
