using System.Text.Json.Nodes;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Swap;
using static Pagewise.Replay.Machines.MachineValues;

namespace Pagewise.Replay.Machines;

/// <summary>What a machine file says of a swap area, by its name in /proc/swaps.</summary>
internal static class SwapAreaSettings
{
    private const ulong MostBytes = 16UL << 40;

    private static readonly (string Name, string Expects, JsonObject Schema, Func<SwapAreaSpec, string, SwapAreaSpec> Apply)[] Table =
    [
        ("size", "a size from 8 KiB to 16 TiB, the header's page included", ValueSchema.Size(), static (area, text) => area with { Pages = (uint)Math.Min(Size(text, 2 * Pfn.SizeBytes, MostBytes) >> Pfn.Shift, uint.MaxValue) }),
        ("priority", "a number from 0 to 32767", ValueSchema.Integer(0, 32767), static (area, text) => area with { Priority = (int)Number(text, 0, 32767) }),
        ("device", "the name of a block device", [], static (area, text) => area with { Device = text.Length > 0 ? text : throw new FormatException() }),
        ("zram", "true or false", ValueSchema.Boolean(), static (area, text) => area with { IsSynchronous = Boolean(text) }),
        ("on", "true or false: whether it is on at the start, or swapon(2) switches it on", ValueSchema.Boolean(), static (area, text) => area with { IsOff = !Boolean(text) }),
        ("file", "true or false", ValueSchema.Boolean(), static (area, text) => area with { IsFile = Boolean(text) }),
        ("directory", "a directory of this host, for a file with the area's bytes", [], static (area, text) =>
            Directory.Exists(text) ? area with { OpenStore = opened => HostSwapFile.In(text, opened.Pages) } : throw new FormatException()),
    ];

    /// <summary>The settings, in the order in which they take effect.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(row => row.Name)];

    /// <summary>An area given by its size alone.</summary>
    public static MachineSetting Whole(string name) => Setting(name, "size", $"swap_areas.{name}", " or a mapping");

    /// <summary>One setting of an area; null when there is none of that name.</summary>
    public static MachineSetting? Field(string name, string field) => Names.Contains(field) ? Setting(name, field, $"swap_areas.{name}.{field}", "") : null;

    private static MachineSetting Setting(string name, string field, string key, string orElse)
    {
        (_, string expects, JsonObject schema, Func<SwapAreaSpec, string, SwapAreaSpec> apply) = Table.First(row => row.Name == field);
        return new MachineSetting(key, expects + orElse, schema, (spec, text) =>
        {
            List<SwapAreaSpec> areas = [.. spec.SwapAreas];
            int index = areas.FindIndex(area => area.Name == name);
            // swapon without a priority: each area is filled after those before it.
            SwapAreaSpec changed = apply(index < 0 ? new SwapAreaSpec(0) { Name = name, Priority = -2 - areas.Count(area => area.Priority < 0) } : areas[index], text);
            if (index < 0)
                areas.Add(changed);
            else
                areas[index] = changed;
            return spec with { SwapAreas = areas, SwapBytes = (ulong)areas.Sum(area => area.IsOff ? 0 : (long)Math.Max(area.Pages, 1) - 1) << Pfn.Shift };
        });
    }
}
