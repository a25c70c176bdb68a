using System.Globalization;
using System.Text;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>Compares the recordings that have a value for every access or page: faults.rle, pagestates, pagenodes.rle.</summary>
internal sealed class ExperimentPages(ExperimentFiles files, ExperimentRun run, ResultLog log)
{
    private const string Resident = "iIaAx";
    private const string Faults = "faults.rle";

    /// <summary>The faults of every access.</summary>
    public void CompareFaults()
    {
        foreach (Run recorded in Runs(Faults))
            Compare(Faults, recorded, recorded.Word[0], index => index < run.Window.Count ? run.Window[index].Letter : ' ');
    }

    /// <summary>
    /// How far the faults of the accesses agree where timing has a part in them. Where pages are touched in a cycle, access by
    /// access; elsewhere by their rates: minor and major faults per thousand accesses, how far the model's curve lies from the
    /// recorded one altogether. What is allowed of a rate is a tenth of the recorded one, at least one access in a hundred.
    /// </summary>
    /// <param name="isCyclic">Whether the workload touches its pages in their order, again and again.</param>
    /// <param name="isExact">Whether every access was compared already: nothing is judged.</param>
    /// <returns>What was found, a line each.</returns>
    public IReadOnlyList<string> CompareRates(bool isCyclic, bool isExact)
    {
        List<Run> recorded = Runs(Faults);
        FaultRates rates = new();
        foreach (Run span in recorded)
        {
            for (int index = span.Start; index < span.Start + span.Length; index++)
                rates.Add(span.Word[0], index < run.Window.Count ? run.Window[index].Letter : FaultRates.Lacking);
        }

        var found = new List<string> { $"{Faults} agreement: {rates.Agreement}" };
        if (isExact)
            return found;
        if (isCyclic)
        {
            Judge(rates.Agrees, "accesses as recorded", string.Create(CultureInfo.InvariantCulture, $"at least {FaultRates.LeastAgreement:0.#} %"), rates.Agreement);
            return found;
        }

        foreach (FaultCurve curve in rates.Curves)
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"{curve.Name} faults per {FaultCurve.Window} accesses");
            found.Add($"{Faults} {what}: {curve}");
            Judge(curve.IsWithin, what, string.Create(CultureInfo.InvariantCulture, $"at most {FaultCurve.Tolerance} apart"), curve.ToString());
        }

        return found;

        void Judge(bool holds, string what, string expected, string got)
        {
            if (holds)
                log.Same();
            else
                log.Differs(1, what, expected, got);
        }
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
