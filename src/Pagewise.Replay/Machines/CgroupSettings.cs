using System.Buffers;
using System.Globalization;
using System.Text.Json.Nodes;
using Pagewise.Kernel;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.PageAllocator;
using static Pagewise.Replay.Machines.MachineValues;

namespace Pagewise.Replay.Machines;

/// <summary>
/// The memory controls of a cgroup, by the names of cgroup v2 and by those under which docker, compose files and
/// Kubernetes write the same.
/// </summary>
internal static class CgroupSettings
{
    private const string SizeExpected = "a size such as 300M, or max";
    private const string QuantityExpected = "a Kubernetes quantity, such as 300Mi or 1.5G";

    private const string NodesExpected = "nodes, such as 0-1,3";

    private static readonly SearchValues<char> NumberLetters = SearchValues.Create("0123456789.e");

    private static readonly (string Name, string Expects, JsonObject Schema, Func<CgroupSpec, string, CgroupSpec> Apply)[] Table =
    [
        ("memory.max", SizeExpected, Limit(), Max),
        ("memory.high", SizeExpected, Limit(), static (group, text) => group with { MemoryHigh = SizeOrMax(text) }),
        ("memory.low", SizeExpected, Limit(), static (group, text) => group with { MemoryLow = SizeOrMax(text) }),
        ("memory.min", SizeExpected, Limit(), static (group, text) => group with { MemoryMin = SizeOrMax(text) }),
        ("memory.swap.max", SizeExpected, Limit(), static (group, text) => group with { MemorySwapMax = SizeOrMax(text) }),
        ("memory.swap.high", SizeExpected, Limit(), static (group, text) => group with { MemorySwapHigh = SizeOrMax(text) }),
        ("memory.zswap.max", SizeExpected, Limit(), static (group, text) => group with { MemoryZswapMax = SizeOrMax(text) }),
        ("memory.zswap.writeback", "0 or 1", ValueSchema.Integer(0, 1), static (group, text) => group with { MemoryZswapWriteback = Number(text, 0, 1) == 1 }),
        ("cpuset.mems", NodesExpected, NodesSchema(), Mems),
        ("memory.oom.group", "0 or 1", ValueSchema.Integer(0, 1), static (group, text) => group with { MemoryOomGroup = Number(text, 0, 1) == 1 }),
        // docker run and compose files
        ("memory", SizeExpected, Limit(), Max),
        ("mem_limit", SizeExpected, Limit(), Max),
        ("deploy.resources.limits.memory", SizeExpected, Limit(), Max),
        ("memory-reservation", SizeExpected, Limit(), Low),
        ("mem_reservation", SizeExpected, Limit(), Low),
        ("deploy.resources.reservations.memory", SizeExpected, Limit(), Low),
        ("cpuset-mems", NodesExpected, NodesSchema(), Mems),
        ("memory-swap", SwapExpected, Limit(), MemoryAndSwap),
        ("memswap_limit", SwapExpected, Limit(), MemoryAndSwap),
        // Kubernetes; requests are memory.min as with its feature MemoryQoS
        ("limits.memory", QuantityExpected, QuantitySchema(), static (group, text) => group with { MemoryMax = Quantity(text) }),
        ("resources.limits.memory", QuantityExpected, QuantitySchema(), static (group, text) => group with { MemoryMax = Quantity(text) }),
        ("requests.memory", QuantityExpected, QuantitySchema(), static (group, text) => group with { MemoryMin = Quantity(text) }),
        ("resources.requests.memory", QuantityExpected, QuantitySchema(), static (group, text) => group with { MemoryMin = Quantity(text) }),
    ];

    private const string SwapExpected = "memory and swap together, not less than the memory's own limit, or -1";

    /// <summary>The settings, in the order in which they take effect.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(row => row.Name)];

    /// <summary>One setting of a cgroup; null when there is none of that name.</summary>
    public static MachineSetting? Field(string path, string field)
    {
        if (path.Split('/').Any(part => part is "." or ".."))
            return null;
        string absolute = path.StartsWith('/') ? path : "/" + path;
        foreach ((string name, string expects, JsonObject schema, Func<CgroupSpec, string, CgroupSpec> apply) in Table)
        {
            if (name != field)
                continue;
            return new MachineSetting($"cgroups.{path}.{field}", expects, schema, (spec, text) =>
            {
                CgroupSpec group = spec.Cgroups.FirstOrDefault(known => known.Path == absolute) ?? new CgroupSpec(absolute);
                CgroupSpec changed = apply(group, text);
                return spec with
                {
                    Cgroups = spec.Cgroups.Contains(group)
                        ? [.. spec.Cgroups.Select(known => known.Path == absolute ? changed : known)]
                        : [.. spec.Cgroups, changed],
                };
            });
        }

        return null;
    }

    private static JsonObject Limit() => ValueSchema.Size("max", "-1");

    private static JsonObject QuantitySchema() => ValueSchema.NumberOrText("^[0-9.]+(e[0-9]+)?([KMGT]i|[kMGT])?$");

    private static JsonObject NodesSchema() => ValueSchema.NumberOrText("^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$");

    private static CgroupSpec Mems(CgroupSpec group, string text) =>
        NodeList.TryParse(text, out ulong nodes) && nodes != 0 ? group with { CpusetMems = nodes } : throw new FormatException();

    private static CgroupSpec Max(CgroupSpec group, string text) => group with { MemoryMax = SizeOrMax(text) };

    private static CgroupSpec Low(CgroupSpec group, string text) => group with { MemoryLow = SizeOrMax(text) };

    private static CgroupSpec MemoryAndSwap(CgroupSpec group, string text)
    {
        ulong both = SizeOrMax(text);
        if (both == CgroupSpec.Max)
            return group with { MemorySwapMax = CgroupSpec.Max };
        return both >= group.MemoryMax ? group with { MemorySwapMax = both - group.MemoryMax } : throw new FormatException();
    }

    private static ulong SizeOrMax(string text) => text is "max" or "-1" ? CgroupSpec.Max : Size(text, 0, ulong.MaxValue >> 1);

    private static ulong Quantity(string text)
    {
        int letters = text.AsSpan().IndexOfAnyExcept(NumberLetters);
        string unit = letters < 0 ? "" : text[letters..];
        double factor = unit switch
        {
            "" => 1,
            "k" => 1e3,
            "M" => 1e6,
            "G" => 1e9,
            "T" => 1e12,
            "Ki" => 1L << 10,
            "Mi" => 1L << 20,
            "Gi" => 1L << 30,
            "Ti" => 1L << 40,
            _ => throw new FormatException(),
        };
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(letters < 0 ? text : text[..letters], style, CultureInfo.InvariantCulture, out double number) && number * factor is >= 0 and <= 1e18 and var bytes
            ? (ulong)bytes
            : throw new FormatException();
    }
}
