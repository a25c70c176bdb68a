using System.Globalization;
using System.Text;

namespace Pagewise.Procfs;

/// <summary>/proc/zoneinfo (zoneinfo_show_print, mm/vmstat.c), as 6.1 and 6.18 write it; reading and writing give the same bytes.</summary>
/// <param name="Zones">The zones in the order of the file: by node, lowest first, empty ones included.</param>
public sealed record Zoneinfo(IReadOnlyList<ZoneinfoZone> Zones)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "zoneinfo";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a zoneinfo.</exception>
    public static Zoneinfo Parse(string text)
    {
        var reader = new ZoneinfoReader(text);
        return new Zoneinfo(reader.Read());
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (ZoneinfoZone zone in Zones)
            Write(text, zone);
        return text.ToString();
    }

    private static void Write(StringBuilder text, ZoneinfoZone zone)
    {
        text.Append(CultureInfo.InvariantCulture, $"Node {zone.Node}, zone {zone.Name,8}\n");
        if (zone.NodeStats.Count > 0)
        {
            text.Append("  per-node stats\n");
            WriteStats(text, zone.NodeStats);
        }

        text.Append(CultureInfo.InvariantCulture, $"  pages free     {zone.Free}\n");
        WriteField(text, "boost", zone.Boost);
        WriteField(text, "min", zone.Min);
        WriteField(text, "low", zone.Low);
        WriteField(text, "high", zone.High);
        WriteField(text, "promo", zone.Promo);
        WriteField(text, "spanned", zone.Spanned);
        WriteField(text, "present", zone.Present);
        WriteField(text, "managed", zone.Managed);
        WriteField(text, "cma", zone.Cma);
        text.Append(CultureInfo.InvariantCulture, $"        protection: ({string.Join(", ", zone.Protection)})\n");
        if (zone.StartPfn is not { } startPfn)
            return;
        WriteStats(text, zone.Stats);
        text.Append("  pagesets\n");
        foreach (ZoneinfoPageset set in zone.Pagesets)
            Write(text, set);
        text.Append(CultureInfo.InvariantCulture, $"  node_unreclaimable:  {zone.NodeUnreclaimable}\n");
        text.Append(CultureInfo.InvariantCulture, $"  start_pfn:           {startPfn}\n");
    }

    private static void Write(StringBuilder text, ZoneinfoPageset set)
    {
        text.Append(CultureInfo.InvariantCulture, $"    cpu: {set.Cpu}\n");
        if (set.HighMin is { } highMin)
        {
            text.Append(CultureInfo.InvariantCulture, $"              count:    {set.Count}\n              high:     {set.High}\n              batch:    {set.Batch}\n");
            text.Append(CultureInfo.InvariantCulture, $"              high_min: {highMin}\n              high_max: {set.HighMax}\n");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"              count: {set.Count}\n              high:  {set.High}\n              batch: {set.Batch}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"  vm stats threshold: {set.VmStatsThreshold}\n");
    }

    private static void WriteField(StringBuilder text, string name, long? value)
    {
        if (value is not null)
            text.Append(CultureInfo.InvariantCulture, $"        {name,-8} {value}\n");
    }

    private static void WriteStats(StringBuilder text, IReadOnlyList<ProcfsCounter> stats)
    {
        foreach (ProcfsCounter stat in stats)
            text.Append(CultureInfo.InvariantCulture, $"      {stat.Name,-12} {unchecked((ulong)stat.Value)}\n");
    }
}
