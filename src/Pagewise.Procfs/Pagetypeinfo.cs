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
    private const string BlocksHeading = "Number of blocks type  ";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a pagetypeinfo.</exception>
    public static Pagetypeinfo Parse(string text)
    {
        string[] lines = text.Split('\n');
        int next = 0;
        int order = 0;
        var zones = new List<PagetypeinfoZone>();
        // The file repeats itself for every node.
        do
            ReadNode();
        while (next < lines.Length && lines[next].Length > 0);
        if (next != lines.Length - 1)
            throw Wrong("expected the end of the file");
        return new Pagetypeinfo(order, zones);

        void ReadNode()
        {
            order = (int)Number(Line("Page block order: "));
            if (order is < 0 or > 30 || Number(Line("Pages per block:  ")) != 1L << order)
                throw Wrong("expected the pages of a block");
            Line("");
            Line(FreeHeading);
            int first = zones.Count;
            while (next < lines.Length && lines[next].Length > 0)
                ReadFree(zones, lines[next++].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            if (zones.Count == first)
                throw Wrong("expected \"Node N, zone NAME, type NAME COUNT…\"");
            Line("");
            Line(BlocksHeading);
            for (int zone = first; zone < zones.Count; zone++)
                zones[zone] = zones[zone] with { Types = ReadBlocks(zones[zone]) };
        }

        PagetypeinfoType[] ReadBlocks(PagetypeinfoZone zone)
        {
            string[] words = Line("Node ").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 3 + zone.Types.Count || words[0] != $"{zone.Node}," || words[2] != zone.Name)
                throw Wrong($"expected the blocks of node {zone.Node}, zone {zone.Name}");
            return [.. zone.Types.Select((type, index) => type with { Blocks = Number(words[index + 3]) })];
        }

        string Line(string start)
        {
            if (next >= lines.Length || !lines[next].StartsWith(start, StringComparison.Ordinal))
                throw new ProcfsException(FileName, Math.Min(next, lines.Length - 1) + 1, $"expected \"{start.TrimEnd()}…\"");
            return lines[next++][start.Length..];
        }

        long Number(string word) => long.TryParse(word, CultureInfo.InvariantCulture, out long number) ? number : throw Wrong($"expected a number, found \"{word}\"");

        ProcfsException Wrong(string message) => new(FileName, Math.Clamp(next, 1, lines.Length), message);

        void ReadFree(List<PagetypeinfoZone> into, string[] words)
        {
            if (words.Length < 7 || words[0] != "Node" || words[2] != "zone" || words[4] != "type" || !words[1].EndsWith(',') || !words[3].EndsWith(','))
                throw Wrong("expected \"Node N, zone NAME, type NAME COUNT…\"");
            int node = (int)Number(words[1][..^1]);
            string name = words[3][..^1];
            int capped = 0;
            for (int i = 6; i < Math.Min(words.Length, 6 + 31); i++)
                capped |= words[i].StartsWith('>') ? 1 << (i - 6) : 0;
            var type = new PagetypeinfoType(words[5], [.. words[6..].Select(word => Number(word.TrimStart('>')))], 0) { CappedOrders = capped };
            if (into.Count == 0 || into[^1].Node != node || into[^1].Name != name)
                into.Add(new PagetypeinfoZone(node, name, []));
            into[^1] = into[^1] with { Types = [.. into[^1].Types, type] };
        }
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
