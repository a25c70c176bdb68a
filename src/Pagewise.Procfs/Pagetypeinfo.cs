using System.Globalization;
using System.Text;

namespace Pagewise.Procfs;

/// <summary>/proc/pagetypeinfo (mm/vmstat.c): free blocks by migrate type and order, and pageblocks by migrate type; reading and writing give the same bytes.</summary>
/// <param name="PageBlockOrder">Order of a pageblock.</param>
/// <param name="Zones">The populated zones.</param>
public sealed record Pagetypeinfo(int PageBlockOrder, IReadOnlyList<PagetypeinfoZone> Zones)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "pagetypeinfo";

    private const string FreeHeading = "Free pages count per migrate type at order  ";
    private const int LargestOrder = 30;
    private const string BlocksHeading = "Number of blocks type  ";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a pagetypeinfo.</exception>
    public static Pagetypeinfo Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        int order;
        var zones = new List<PagetypeinfoZone>();
        // The file repeats itself for every node.
        do
            order = ReadNode(ref scanner, zones);
        while (!scanner.AtEnd);
        return new Pagetypeinfo(order, zones);
    }

    private static int ReadNode(ref ProcfsScanner scanner, List<PagetypeinfoZone> zones)
    {
        scanner.ExpectWords("Page", "block", "order:");
        int order = (int)scanner.Number(0, LargestOrder);
        scanner.EndOfLine();
        scanner.ExpectWords("Pages", "per", "block:");
        scanner.Number(1L << order, 1L << order);
        scanner.EndOfLine();
        scanner.EndOfLine();
        scanner.Expect(FreeHeading.TrimEnd());
        scanner.RestOfLine();
        int first = zones.Count;
        var types = new List<PagetypeinfoType>();
        do
        {
            (int node, string zone, PagetypeinfoType type) = ReadFree(ref scanner);
            if (zones.Count == first || zones[^1].Node != node || zones[^1].Name != zone)
                zones.Add(new PagetypeinfoZone(node, zone, types = []));
            types.Add(type);
        }
        while (!scanner.Skip("\n"));
        scanner.Expect(BlocksHeading.TrimEnd());
        scanner.RestOfLine();
        for (int zone = first; zone < zones.Count; zone++)
            zones[zone] = zones[zone] with { Types = ReadBlocks(ref scanner, zones[zone]) };
        return order;
    }

    /// <summary>"Node    0, zone      DMA, type    Unmovable      1 …".</summary>
    private static (int Node, string Zone, PagetypeinfoType Type) ReadFree(ref ProcfsScanner scanner)
    {
        (int node, string zone) = scanner.NodeAndZone();
        scanner.ExpectWords("type");
        string type = scanner.Word("a migrate type");
        int capped = 0;
        var counts = new List<long>();
        do
        {
            if (counts.Count > LargestOrder)
                throw scanner.Error($"expected the line's end: there are orders up to {LargestOrder}");
            scanner.Spaces();
            capped |= scanner.Skip(">") ? 1 << counts.Count : 0;
            counts.Add(scanner.Number());
            scanner.Spaces();
        }
        while (scanner.Next != '\n');
        scanner.EndOfLine();
        return (node, zone.TrimEnd(','), new PagetypeinfoType(type, counts, 0) { CappedOrders = capped });
    }

    private static PagetypeinfoType[] ReadBlocks(ref ProcfsScanner scanner, PagetypeinfoZone zone)
    {
        int start = scanner.Position;
        if (scanner.NodeAndZone() != (zone.Node, zone.Name))
            throw scanner.Error($"expected the blocks of node {zone.Node}, zone {zone.Name}", start);
        PagetypeinfoType[] types = [.. zone.Types];
        for (int type = 0; type < types.Length; type++)
            types[type] = types[type] with { Blocks = scanner.Number() };
        scanner.EndOfPaddedLine();
        return types;
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (IGrouping<int, PagetypeinfoZone> node in Zones.GroupBy(zone => zone.Node))
            WriteNode(text, [.. node]);
        return text.ToString();
    }

    private void WriteNode(StringBuilder text, PagetypeinfoZone[] zones)
    {
        text.Append(CultureInfo.InvariantCulture, $"Page block order: {PageBlockOrder}\nPages per block:  {1L << PageBlockOrder}\n\n{FreeHeading}");
        for (int order = 0; order < zones[0].Types[0].FreeBlocks.Count; order++)
            text.Append(CultureInfo.InvariantCulture, $"{order,6} ");
        text.Append('\n');
        foreach (PagetypeinfoZone zone in zones)
        {
            foreach (PagetypeinfoType type in zone.Types)
            {
                text.Append(CultureInfo.InvariantCulture, $"Node {zone.Node,4}, zone {zone.Name,8}, type {type.Name,12} ");
                for (int order = 0; order < type.FreeBlocks.Count; order++)
                    text.Append((type.CappedOrders & (1 << order)) != 0 ? ">" : "").Append(CultureInfo.InvariantCulture, $"{type.FreeBlocks[order],6} ");
                text.Append('\n');
            }
        }

        text.Append('\n').Append(BlocksHeading);
        foreach (PagetypeinfoType type in zones[0].Types)
            text.Append(CultureInfo.InvariantCulture, $"{type.Name,12} ");
        text.Append('\n');
        foreach (PagetypeinfoZone zone in zones)
        {
            text.Append(CultureInfo.InvariantCulture, $"Node {zone.Node}, zone {zone.Name,8} ");
            foreach (PagetypeinfoType type in zone.Types)
                text.Append(CultureInfo.InvariantCulture, $"{type.Blocks,12} ");
            text.Append('\n');
        }
    }
}
