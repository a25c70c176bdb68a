using System.Globalization;
using System.Text;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>Compares the recordings that have a value for every access or page: faults.rle, pagestates, pagenodes.rle.</summary>
internal sealed class ExperimentPages(ExperimentFiles files, ExperimentRun run, ResultLog log)
{
    private const string Resident = "iIaAx";

    /// <summary>The faults of every access.</summary>
    public void CompareFaults()
    {
        foreach (Run recorded in Runs("faults.rle"))
            Compare("faults.rle", recorded, recorded.Word[0], index => index < run.Window.Count ? run.Window[index].Letter : ' ');
    }

    /// <summary>Whether each page is resident, swapped out, the zero page or none. On which LRU list is not compared.</summary>
    /// <param name="file">The file.</param>
    /// <param name="snapshot">The moment it was taken.</param>
    public void CompareStates(string file, ExperimentSnapshot snapshot)
    {
        foreach (Run recorded in Runs(file))
            Compare(file, recorded, Class(recorded.Word[0]), page => page < snapshot.States.Length ? Class(snapshot.States[page]) : ' ');
    }

    /// <summary>The node of every page.</summary>
    /// <param name="snapshot">The moment it was asked.</param>
    public void CompareNodes(ExperimentSnapshot snapshot)
    {
        foreach (Run recorded in Runs("pagenodes.rle"))
        {
            string[] words = recorded.Word.Split(' ');
            if (words is not ["node", var number] || !int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int node))
                throw new RecordingException(files.PathOf("pagenodes.rle"), recorded.Line, 1, "expected \"START LENGTH node N\"");
            Compare("pagenodes.rle", recorded, node, page => page < snapshot.Nodes.Count ? snapshot.Nodes[page] : -1);
        }
    }

    private static char Class(char letter) => Resident.Contains(letter, StringComparison.Ordinal) ? 'r' : letter;

    // A recorded run is one result. What the model has instead is told as runs, the first few of them.
    private void Compare<T>(string file, Run recorded, T expected, Func<int, T> model)
        where T : IEquatable<T>
    {
        const int shown = 4;
        var got = new StringBuilder();
        int runs = 0;
        for (int index = recorded.Start, start = index; index < recorded.Start + recorded.Length; index++)
        {
            T value = model(index);
            if (index + 1 < recorded.Start + recorded.Length && model(index + 1).Equals(value))
                continue;
            if (runs++ < shown && (runs > 1 || !value.Equals(expected) || index + 1 < recorded.Start + recorded.Length))
                got.Append(CultureInfo.InvariantCulture, $"{(got.Length > 0 ? ", " : "")}{start}..{index} {value}");
            start = index + 1;
        }

        if (got.Length == 0)
            log.Same();
        else
            log.Differs(recorded.Line, Path.GetFileName(files.PathOf(file)), $"{recorded.Start}..{recorded.Start + recorded.Length - 1} {expected}", got.Append(runs > shown ? " …" : "").ToString());
    }

    private List<Run> Runs(string file)
    {
        string[] lines = files.Lines(file);
        var found = new List<Run>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith('#') || lines[i].Length == 0)
                continue;
            string[] words = lines[i].Split(' ', 3);
            if (words.Length < 3 || words[2].Length == 0
                || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int start)
                || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length == 0 || start > int.MaxValue - length)
                throw new RecordingException(files.PathOf(file), i + 1, 1, "expected \"START LENGTH LETTER\"");
            found.Add(new Run(i + 1, start, length, words[2]));
        }

        return found;
    }

    private readonly record struct Run(int Line, int Start, int Length, string Word);
}
