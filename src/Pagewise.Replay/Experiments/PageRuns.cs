using System.Globalization;
using System.Text;

namespace Pagewise.Replay.Experiments;

/// <summary>Page numbers as the experiments write them: <c>0-3,7</c>.</summary>
internal static class PageRuns
{
    /// <summary>Page numbers in their order, ascending neighbours as one run.</summary>
    /// <param name="pages">The pages.</param>
    /// <param name="sign">Put before each run, which then has both ends even when they are one; 0: none.</param>
    public static string Of(IReadOnlyList<ulong> pages, char sign = '\0')
    {
        var text = new StringBuilder();
        for (int i = 0; i < pages.Count;)
        {
            int end = i;
            while (end + 1 < pages.Count && pages[end + 1] == pages[end] + 1)
                end++;
            if (text.Length > 0)
                text.Append(',');
            if (sign != '\0')
                text.Append(sign);
            text.Append(CultureInfo.InvariantCulture, $"{pages[i]}");
            if (end > i || sign != '\0')
                text.Append(CultureInfo.InvariantCulture, $"-{pages[end]}");
            i = end + 1;
        }

        return text.ToString();
    }

    /// <summary>Reads signed runs, <c>+0-3,-7-7</c>; false when the text is not that.</summary>
    public static bool TryReadSigned(string text, SortedSet<ulong> plus, SortedSet<ulong> minus)
    {
        foreach (string run in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = run[1..].Split('-');
            if (run[0] is not ('+' or '-') || ends.Length != 2
                || !ulong.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong first)
                || !ulong.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong last)
                || last < first || last - first > 1 << 24)
                return false;
            for (ulong page = first; page <= last; page++)
                (run[0] == '+' ? plus : minus).Add(page);
        }

        return true;
    }
}
