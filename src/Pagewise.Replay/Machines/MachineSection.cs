using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using static Pagewise.Replay.Machines.MachineValues;

namespace Pagewise.Replay.Machines;

/// <summary>
/// A mapping inside a machine file: of settings whose names are known, or of things that have names of their own (zones,
/// devices, cgroups), each a value or again a mapping of settings.
/// </summary>
internal sealed class MachineSection
{
    private readonly Func<string, MachineSetting?> _entry;
    private readonly Func<string, string, MachineSetting?>? _field;
    private readonly Regex? _pattern;

    private MachineSection(string key, string description, IReadOnlyList<string> names, Func<string, MachineSetting?> entry)
    {
        Key = key;
        Description = description;
        Names = names;
        _entry = entry;
    }

    private MachineSection(string key, string description, [StringSyntax(StringSyntaxAttribute.Regex)] string pattern, Func<string, MachineSetting?> entry, IReadOnlyList<string> fields, Func<string, string, MachineSetting?>? field)
    {
        Key = key;
        Description = description;
        Names = [];
        Pattern = pattern;
        _pattern = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        _entry = entry;
        Fields = fields;
        _field = field;
    }

    /// <summary>Every section.</summary>
    public static IReadOnlyList<MachineSection> All { get; } =
    [
        new("sysctl", "sysctls by their own names", [.. MachineSetting.All.Select(setting => setting.Key).Where(IsSysctl)], static name => IsSysctl(name) ? MachineSetting.Find(name) : null),
        new("limits", "resource limits of the first task", [.. MachineSetting.All.Select(setting => setting.Key).Where(key => key.StartsWith("limits.", StringComparison.Ordinal)).Select(key => key["limits.".Length..])],
            static name => MachineSetting.All.FirstOrDefault(setting => setting.Key == "limits." + name)),
        new("zswap", "parameters of zswap by their own names", [.. MachineSetting.All.Select(setting => setting.Key).Where(key => key.StartsWith("zswap.", StringComparison.Ordinal)).Select(key => key["zswap.".Length..])],
            static name => MachineSetting.All.FirstOrDefault(setting => setting.Key == "zswap." + name)),
        new("costs_ns", "single costs of the CPU preset, nanoseconds", [.. CostTable.Names], Cost),
        new("zones", "zones as /proc/zoneinfo has them, in place of memory", "^n[0-9]{1,2}\\.(DMA|DMA32|Normal|Movable)$", Zone, [], null),
        new("block_devices", "block devices by name: a preset, or a preset and what differs", "^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", BlockDeviceSettings.Whole, BlockDeviceSettings.Names, BlockDeviceSettings.Field),
        new("swap_areas", "swap areas by their names in /proc/swaps, in place of swap: a size, or a mapping", "^[A-Za-z0-9/][A-Za-z0-9/._-]{0,63}$", SwapAreaSettings.Whole, SwapAreaSettings.Names, SwapAreaSettings.Field),
        new("cgroups", "control groups by path, with their memory controls", "^/?[^/]+(/[^/]+)*$", static _ => null, CgroupSettings.Names, CgroupSettings.Field),
    ];

    /// <summary>The key that it stands under.</summary>
    public string Key { get; }

    /// <summary>What it is.</summary>
    public string Description { get; }

    /// <summary>The names of its entries; empty when they have names of their own.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What a name of its own has to look like; empty when names are known.</summary>
    public string Pattern { get; } = "";

    /// <summary>Whether its entries have names of their own.</summary>
    public bool IsOpen => _pattern is not null;

    /// <summary>The settings that an entry may have as a mapping, in the order in which they take effect.</summary>
    public IReadOnlyList<string> Fields { get; } = [];

    /// <summary>The setting of an entry that is a single value; null: there is none of that name, or it has to be a mapping.</summary>
    public MachineSetting? Entry(string name) => IsName(name) ? _entry(name) : null;

    /// <summary>A setting of an entry; null when there is none of that name.</summary>
    public MachineSetting? Field(string name, string field) => IsName(name) ? _field?.Invoke(name, field) : null;

    /// <summary>Whether an entry may have a name.</summary>
    public bool IsName(string name) => name.Length <= 256 && (_pattern is null ? Names.Contains(name, StringComparer.Ordinal) : _pattern.IsMatch(name));

    /// <summary>The setting of "entry" or "entry.field".</summary>
    public MachineSetting? FindDotted(string rest)
    {
        foreach (string field in Fields)
        {
            if (rest.EndsWith("." + field, StringComparison.Ordinal) && Field(rest[..^(field.Length + 1)], field) is { } setting)
                return setting;
        }

        return Entry(rest);
    }

    /// <summary>The section's JSON schema.</summary>
    public JsonObject Schema()
    {
        var schema = new JsonObject { ["description"] = Description };
        // "limits:" with nothing under it is nothing.
        schema["type"] = new JsonArray("object", "null");
        if (!IsOpen)
        {
            var properties = new JsonObject();
            foreach (string name in Names)
                properties[name] = _entry(name)!.Schema();
            schema["properties"] = properties;
        }
        else
        {
            schema["patternProperties"] = new JsonObject { [Pattern] = EntrySchema() };
        }

        schema["additionalProperties"] = false;
        return schema;
    }

    private static bool IsSysctl(string key) => key.StartsWith("vm.", StringComparison.Ordinal) || key.StartsWith("kernel.", StringComparison.Ordinal);

    private JsonObject EntrySchema()
    {
        const string sample = "n0.DMA";
        JsonObject? whole = _entry(sample)?.Schema();
        if (Fields.Count == 0)
            return whole!;
        var properties = new JsonObject();
        foreach (string field in Fields)
            properties[field] = _field!(sample, field)!.Schema();
        // Dotted names may be written as mappings in mappings.
        foreach (IGrouping<string, string> group in Fields.Where(field => field.Contains('.', StringComparison.Ordinal)).GroupBy(field => field.Split('.')[0]))
        {
            var nested = new JsonObject { ["type"] = "object" };
            properties[group.Key] = properties[group.Key] is JsonObject scalar ? ValueSchema.Any((JsonObject)scalar.DeepClone(), nested) : nested;
        }

        var mapping = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        return whole is null ? mapping : ValueSchema.Any(whole, mapping);
    }

    private static MachineSetting? Cost(string name) => new($"costs_ns.{name}", "nanoseconds, from 0 to 1000000000", ValueSchema.Number(0, 1_000_000_000), (spec, text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1e9
            ? spec with { CostsNs = new SortedDictionary<string, double>(spec.CostsNs.ToDictionary(), StringComparer.Ordinal) { [name] = value } }
            : throw new FormatException());

    private static MachineSetting? Zone(string name)
    {
        string[] parts = name.Split('.');
        int node = int.Parse(parts[0].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);
        if (node >= ZoneTable.MaxNodes || !ZoneTypes.TryParse(parts[1], out ZoneType type))
            return null;
        return new MachineSetting($"zones.{name}", "start_pfn, spanned, present and managed frames, such as 4096 126976 126976 117719", ValueSchema.Text("^ *[0-9]+( +[0-9]+){3} *$"), (spec, text) =>
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
}
