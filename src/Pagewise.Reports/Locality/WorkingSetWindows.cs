namespace Pagewise.Reports.Locality;

/// <summary>
/// Counts the pages used in each of consecutive windows of virtual time, for windows of 10 µs, 40 µs, 160 µs … A length
/// that has had too many windows is given up, for the run is long.
/// </summary>
internal sealed class WorkingSetWindows
{
    /// <summary>The number of no window.</summary>
    public const long Never = -1;

    private const long ShortestNs = 10_000;
    private const int Lengths = 16;
    private const int MostWindows = 8192;
    private const int FewestWindows = 4;

    private readonly Window[] _windows = [.. Enumerable.Range(0, Lengths).Select(length => new Window(ShortestNs << (2 * length)))];

    /// <summary>The number of the shortest window that a moment lies in.</summary>
    /// <param name="nowNs">The moment.</param>
    public static long NumberOf(long nowNs) => nowNs / ShortestNs;

    /// <summary>A page is used.</summary>
    /// <param name="last">The number of the shortest window in which it was used last; <see cref="Never"/>: in none.</param>
    /// <param name="now">That of the window now.</param>
    /// <param name="rate">The part of pages that are sampled.</param>
    public void Use(long last, long now, double rate)
    {
        for (int length = 0; length < _windows.Length; length++)
        {
            Window window = _windows[length];
            // Used in this window already, so in every longer one too.
            if (last >> (2 * length) == now >> (2 * length))
                return;
            long number = now >> (2 * length);
            if (window.IsGivenUp)
                continue;
            if (window.Number != number)
            {
                if (window.Pages > 0)
                    window.Done.Add(window.Pages);
                window.Number = number;
                window.Pages = 0;
                window.IsGivenUp = window.Done.Count > MostWindows;
            }

            window.Pages += 1 / rate;
        }
    }

    /// <summary>What the windows had. Lengths with fewer than four windows say nothing about others and are left out.</summary>
    public IReadOnlyList<WorkingSet> Sets()
    {
        var sets = new List<WorkingSet>();
        foreach (Window window in _windows)
        {
            if (window.IsGivenUp)
                continue;
            double[] pages = [.. window.Done.Append(window.Pages).Where(count => count > 0).Order()];
            if (pages.Length >= FewestWindows)
                sets.Add(new WorkingSet(window.LengthNs, At(pages, 0.5), At(pages, 0.9), At(pages, 0.99)));
        }

        return sets;
    }

    private static long At(double[] ordered, double part) =>
        (long)Math.Round(ordered[Math.Min(ordered.Length - 1, (int)(part * ordered.Length))]);

    private sealed class Window(long lengthNs)
    {
        public long LengthNs { get; } = lengthNs;

        public List<double> Done { get; } = [];

        public long Number { get; set; } = -1;

        public double Pages { get; set; }

        public bool IsGivenUp { get; set; }
    }
}
