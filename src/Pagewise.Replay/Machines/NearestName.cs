namespace Pagewise.Replay.Machines;

/// <summary>Finds the name that was probably meant.</summary>
internal static class NearestName
{
    private const int LongestCompared = 64;

    /// <summary>The nearest of some names by edits (insert, delete, replace, swap neighbours); null when none is near: more than a third of the letters differ.</summary>
    /// <param name="wrong">What was written.</param>
    /// <param name="names">What there is.</param>
    public static string? Of(string wrong, IEnumerable<string> names)
    {
        string? nearest = null;
        int least = 1 + (Math.Min(wrong.Length, LongestCompared) / 3);
        foreach (string name in names)
        {
            if (wrong.Length > LongestCompared || Math.Abs(name.Length - wrong.Length) > least)
                continue;
            int edits = Edits(wrong.ToUpperInvariant(), name.ToUpperInvariant());
            if (edits > least || (edits == least && nearest is not null))
                continue;
            nearest = name;
            least = edits;
        }

        return nearest;
    }

    // Optimal string alignment; three rows are enough.
    private static int Edits(string from, string to)
    {
        int[] before = new int[to.Length + 1];
        int[] above = [.. Enumerable.Range(0, to.Length + 1)];
        int[] row = new int[to.Length + 1];
        for (int i = 1; i <= from.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int edits = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    edits = Math.Min(edits, before[j - 2] + 1);
                row[j] = edits;
            }

            (before, above, row) = (above, row, before);
        }

        return above[to.Length];
    }
}
