using System.Text.Json.Nodes;
using Pagewise.Kernel;
using Pagewise.Kernel.Block;
using static Pagewise.Replay.Machines.MachineValues;

namespace Pagewise.Replay.Machines;

/// <summary>What a machine file says of a block device. A device begins with its preset, else without latency or limit; the rest changes that.</summary>
internal static class BlockDeviceSettings
{
    private static readonly string PresetNames = string.Join(", ", BlockDeviceSpec.Presets.Select(preset => preset.Name));

    private static readonly SortedDictionary<string, (int Order, string Expects, JsonObject Schema, Func<BlockDeviceSpec, string, BlockDeviceSpec> Apply)> Table = new(StringComparer.Ordinal)
    {
        ["preset"] = (0, $"one of {PresetNames}", ValueSchema.OneOf(BlockDeviceSpec.Presets.Select(preset => preset.Name)), Preset),
        ["bandwidth"] = (1, RateExpected, RateSchema(), static (device, text) => device with { ReadBytesPerSecond = Rate(text), WriteBytesPerSecond = Rate(text) }),
        ["read_bandwidth"] = (2, RateExpected, RateSchema(), static (device, text) => device with { ReadBytesPerSecond = Rate(text) }),
        ["write_bandwidth"] = (3, RateExpected, RateSchema(), static (device, text) => device with { WriteBytesPerSecond = Rate(text) }),
        ["latency"] = (4, TimeExpected, TimeSchema(), static (device, text) => device with { ReadLatencyNs = Time(text), WriteLatencyNs = Time(text) }),
        ["read_latency"] = (5, TimeExpected, TimeSchema(), static (device, text) => device with { ReadLatencyNs = Time(text) }),
        ["write_latency"] = (6, TimeExpected, TimeSchema(), static (device, text) => device with { WriteLatencyNs = Time(text) }),
        ["seek"] = (7, TimeExpected, TimeSchema(), static (device, text) => device with { SeekNs = Time(text) }),
        ["queue_depth"] = (8, "a number from 1 to 1024", ValueSchema.Integer(1, BlockDeviceSpec.MostQueueDepth), static (device, text) => device with { QueueDepth = (int)Number(text, 1, BlockDeviceSpec.MostQueueDepth) }),
        ["max_sectors_kb"] = (9, "KiB, from 4 to 1048576", ValueSchema.Integer(4, 1 << 20), static (device, text) => device with { MaxSectorsKb = (int)Number(text, 4, 1 << 20) }),
        ["max_segments"] = (13, "a number from 1 to 65535", ValueSchema.Integer(1, ushort.MaxValue), static (device, text) => device with { MaxSegments = (int)Number(text, 1, ushort.MaxValue) }),
        ["read_spread"] = (14, TimeExpected, TimeSchema(), static (device, text) => device with { ReadSpreadNs = Time(text) }),
        ["read_errors"] = (11, SectorsExpected, SectorsSchema(), static (device, text) => device with { ReadErrors = Sectors(text) }),
        ["write_errors"] = (12, SectorsExpected, SectorsSchema(), static (device, text) => device with { WriteErrors = Sectors(text) }),
        ["rotational"] = (10, "true or false", ValueSchema.Boolean(), static (device, text) => device with { IsRotational = Boolean(text) }),
    };

    private const string RateExpected = "bytes a second, such as 550 MB/s";
    private const string SectorsExpected = "sectors of 512 bytes, such as 800-807 16000";
    private const string TimeExpected = "a time, such as 80 us";

    /// <summary>The settings, in the order in which they take effect.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.OrderBy(entry => entry.Value.Order).Select(entry => entry.Key)];

    /// <summary>A device given by its preset alone.</summary>
    public static MachineSetting Whole(string name) => Setting(name, "preset", $"block_devices.{name}", " or a mapping");

    /// <summary>One setting of a device; null when there is none of that name.</summary>
    public static MachineSetting? Field(string name, string field) => Table.ContainsKey(field) ? Setting(name, field, $"block_devices.{name}.{field}", "") : null;

    private static MachineSetting Setting(string name, string field, string key, string orElse)
    {
        (_, string expects, JsonObject schema, Func<BlockDeviceSpec, string, BlockDeviceSpec> apply) = Table[field];
        return new MachineSetting(key, expects + orElse, schema, (spec, text) =>
        {
            BlockDeviceSpec device = spec.BlockDevices.FirstOrDefault(known => known.Name == name) ?? new BlockDeviceSpec(name);
            BlockDeviceSpec changed = apply(device, text);
            return spec with
            {
                BlockDevices = spec.BlockDevices.Contains(device)
                    ? [.. spec.BlockDevices.Select(known => known.Name == name ? changed : known)]
                    : [.. spec.BlockDevices, changed],
            };
        });
    }

    private static BlockDeviceSpec Preset(BlockDeviceSpec device, string text) =>
        BlockDeviceSpec.Find(text) is { } preset ? preset with { Name = device.Name } : throw new FormatException();

    private static SectorRange[] Sectors(string text) => text.Length == 0 ? throw new FormatException() : [.. text.Split(' ').Select(word =>
    {
        string[] ends = word.Split('-');
        ulong first = Number(ends[0], 0, ulong.MaxValue);
        ulong last = ends.Length == 1 ? first : Number(ends[1], first, ulong.MaxValue);
        return ends.Length <= 2 ? new SectorRange(first, last) : throw new FormatException();
    })];

    private static JsonObject SectorsSchema() => ValueSchema.NumberOrText("^[0-9]+(-[0-9]+)?( +[0-9]+(-[0-9]+)?)*$");

    private static JsonObject RateSchema() => ValueSchema.NumberOrText("^[0-9.]+ *(B|[kKMG]i?B?)?(/s)?$");

    private static JsonObject TimeSchema() => ValueSchema.NumberOrText("^[0-9.]+ *(ns|us|µs|ms|s)?$");
}
