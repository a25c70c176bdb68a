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
        string[] lines = text.Split('\n');
        var zones = new List<BuddyinfoZone>();
        for (int i = 0; i < lines.Length - 1; i++)
        {
            string[] words = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 5 || words[0] != "Node" || words[2] != "zone" || !words[1].EndsWith(',') || !int.TryParse(words[1][..^1], CultureInfo.InvariantCulture, out int node))
                throw new ProcfsException(FileName, i + 1, "expected \"Node N, zone NAME COUNT…\"");
            long[] counts = new long[words.Length - 4];
            for (int order = 0; order < counts.Length; order++)
            {
                if (!long.TryParse(words[order + 4], CultureInfo.InvariantCulture, out counts[order]))
                    throw new ProcfsException(FileName, i + 1, $"expected a number, found \"{words[order + 4]}\"");
            }

            zones.Add(new BuddyinfoZone(node, words[3], counts));
        }

        if (zones.Count == 0 || lines[^1].Length > 0)
            throw new ProcfsException(FileName, lines.Length, "expected lines \"Node N, zone NAME COUNT…\"");
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
