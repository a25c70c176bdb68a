namespace Pagewise.Replay.Comparing;

/// <summary>Counts the recorded results that were compared, and keeps those that differ.</summary>
public sealed class ResultLog(int textLimit)
{
    private readonly List<Difference> _differences = [];

    /// <summary>Results compared.</summary>
    public long Results { get; private set; }

    /// <summary>Results that differ.</summary>
    public long DifferenceCount { get; private set; }

    /// <summary>The first differences, up to the limit given.</summary>
    public IReadOnlyList<Difference> Differences => _differences;

    /// <summary>Called with each difference as it is found, beyond the limit too.</summary>
    public Action<Difference>? Found { get; set; }

    /// <summary>Counts a result that came out as recorded.</summary>
    public void Same() => Results++;

    /// <summary>Counts a result that did not.</summary>
    public void Differs(long line, string what, string expected, string got)
    {
        Results++;
        DifferenceCount++;
        var difference = new Difference(line, what, expected, got);
        if (_differences.Count < textLimit)
            _differences.Add(difference);
        Found?.Invoke(difference);
    }

    /// <summary>Counts a result, by whether it came out.</summary>
    public bool Compare<T>(long line, string what, T expected, T got)
        where T : IEquatable<T>
    {
        if (expected.Equals(got))
        {
            Results++;
            return true;
        }

        Differs(line, what, $"{expected}", $"{got}");
        return false;
    }
}
