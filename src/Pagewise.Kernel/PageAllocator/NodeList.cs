using System.Globalization;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>Sets of nodes as text: <c>0-1,3</c> (nodelist_parse and the format %*pbl). A set is a bit each, for nodes 0 to 63.</summary>
public static class NodeList
{
    /// <summary>The text of a set; empty for none.</summary>
    /// <param name="nodes">A bit each.</param>
    public static string Text(ulong nodes)
    {
        var ranges = new List<string>();
        for (int node = 0; node < 64; node++)
        {
            if (((nodes >> node) & 1) == 0)
                continue;
            int last = node;
            while (last < 63 && ((nodes >> (last + 1)) & 1) != 0)
                last++;
            ranges.Add(last == node ? Number(node) : $"{Number(node)}-{Number(last)}");
            node = last;
        }

        return string.Join(',', ranges);
    }

    /// <summary>Reads a set; an empty text is the empty set.</summary>
    /// <param name="text">Numbers and ranges with commas between.</param>
    /// <param name="nodes">A bit each.</param>
    /// <returns>False: it is not such a list, or names a node above 63.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong nodes)
    {
        nodes = 0;
        text = text.Trim();
        if (text.IsEmpty)
            return true;
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> range = text[part].Trim();
            int dash = range.IndexOf('-');
            if (!TryNumber(dash < 0 ? range : range[..dash], out int first) || !TryNumber(dash < 0 ? range : range[(dash + 1)..], out int last) || last < first)
                return false;
            for (int node = first; node <= last; node++)
                nodes |= 1UL << node;
        }

        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out int node) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out node) && node < 64;

    private static string Number(int node) => node.ToString(CultureInfo.InvariantCulture);
}
