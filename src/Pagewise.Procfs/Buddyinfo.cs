using System.Globalization;
using System.Text;

namespace Pagewise.Procfs;

/// <summary>/proc/buddyinfo (frag_show, mm/vmstat.c): free blocks a zone, by order; reading and writing give the same bytes.</summary>
/// <param name="Zones">The populated zones.</param>
public sealed record Buddyinfo(IReadOnlyList<BuddyinfoZone> Zones)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "buddyinfo";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a buddyinfo.</exception>
    public static Buddyinfo Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        var zones = new List<BuddyinfoZone>();
        do
        {
            (int node, string name) = scanner.NodeAndZone();
            var counts = new List<long>();
            do
            {
                counts.Add(scanner.Number());
                scanner.Spaces();
            }
            while (scanner.Next != '\n');
            scanner.EndOfLine();
            zones.Add(new BuddyinfoZone(node, name, counts));
        }
        while (!scanner.AtEnd);
        return new Buddyinfo(zones);
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (BuddyinfoZone zone in Zones)
        {
            text.Append(CultureInfo.InvariantCulture, $"Node {zone.Node}, zone {zone.Name,8} ");
            foreach (long count in zone.FreeBlocks)
                text.Append(CultureInfo.InvariantCulture, $"{count,6} ");
            text.Append('\n');
        }

        return text.ToString();
    }
}
