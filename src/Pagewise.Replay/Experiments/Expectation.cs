using System.Globalization;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>A line of an experiment's expect.tsv: what a metric has to be at a moment.</summary>
/// <param name="Line">The line in the file, from 1.</param>
/// <param name="At">A snapshot's name, <c>end</c>, or a part of the area.</param>
/// <param name="Metric">What is compared.</param>
/// <param name="Kind"><c>exact</c>, <c>statistical</c> or <c>informative</c>.</param>
/// <param name="Expected">The recorded value.</param>
/// <param name="Tolerance">How far a statistical value may be off: <c>0.05</c> of the expected one, or <c>±15</c>.</param>
/// <param name="Note">What the recorder noted beside it.</param>
internal sealed record Expectation(int Line, string At, string Metric, string Kind, string Expected, string Tolerance, string Note)
{
    private const int Columns = 5;

    /// <summary>Whether the expectation is for reading only.</summary>
    public bool IsInformative => Kind == "informative";

    /// <summary>Reads the file.</summary>
    /// <exception cref="RecordingException">It is missing or is no table of expectations.</exception>
    public static IReadOnlyList<Expectation> Read(ExperimentFiles files)
    {
        const string name = "expect.tsv";
        string[] lines = files.Lines(name);
        if (lines.Length == 0 || !lines[0].StartsWith("at\tmetric\tkind\texpected\ttolerance", StringComparison.Ordinal))
            throw new RecordingException(files.PathOf(name), 1, 1, "expected the columns at, metric, kind, expected, tolerance");
        var expectations = new List<Expectation>();
        for (int i = 1; i < lines.Length; i++)
        {
            string[] cells = lines[i].Split('\t');
            if (cells.Length < Columns)
                throw new RecordingException(files.PathOf(name), i + 1, 1, $"expected {Columns} columns, there are {cells.Length}");
            if (cells[2] is not ("exact" or "statistical" or "informative"))
                throw new RecordingException(files.PathOf(name), i + 1, 1, "expected the kind exact, statistical or informative");
            expectations.Add(new Expectation(i + 1, cells[0], cells[1], cells[2], cells[3], cells[4], cells.Length > Columns ? cells[Columns] : ""));
        }

        return expectations;
    }

    /// <summary>Whether a value is as expected: equal, or for a statistical one within the tolerance.</summary>
    public bool IsMetBy(string got)
    {
        if (Kind == "exact" || !TryNumber(Expected, out double expected) || !TryNumber(got, out double value))
            return got == Expected;
        bool isAbsolute = Tolerance.StartsWith('±');
        if (!TryNumber(isAbsolute ? Tolerance[1..] : Tolerance, out double tolerance))
            return got == Expected;
        return Math.Abs(value - expected) <= (isAbsolute ? tolerance : tolerance * Math.Abs(expected));
    }

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
}
