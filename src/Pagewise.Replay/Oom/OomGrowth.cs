using System.Globalization;
using Pagewise.Replay.Recorded;

namespace Pagewise.Replay.Oom;

/// <summary>How fast a process grows, with what is uncertain of it, in bytes a second.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Least">The least.</param>
/// <param name="Likely">What is most likely.</param>
/// <param name="Most">The most.</param>
public sealed record OomGrowth(int Pid, double Least, double Likely, double Most)
{
    private const string Expected = "expected PID=RATE, such as 4211=50M/s, or PID=LEAST..MOST";

    /// <summary>Reads "4211=50M/s", "4211=40M..60M/s", "4211=1G/h".</summary>
    /// <exception cref="ReplayException">It cannot be read.</exception>
    public static OomGrowth Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] sides = text.Split('=', 2, StringSplitOptions.TrimEntries);
        if (sides.Length != 2 || !int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid <= 0)
            throw Wrong(text);
        string rate = sides[1];
        int slash = rate.IndexOf('/', StringComparison.Ordinal);
        double seconds = slash < 0 ? 1 : rate[(slash + 1)..].Trim() switch
        {
            "s" => 1,
            "min" or "m" => 60,
            "h" => 3600,
            _ => throw Wrong(text),
        };
        string[] bounds = (slash < 0 ? rate : rate[..slash]).Split("..", StringSplitOptions.TrimEntries);
        if (bounds.Length > 2 || !SizeText.TryParse(bounds[0], out ulong least) || !SizeText.TryParse(bounds[^1], out ulong most) || least > most || most > 1UL << 50)
            throw Wrong(text);
        return new OomGrowth(pid, least / seconds, (least + most) / 2 / seconds, most / seconds);
    }

    private static ReplayException Wrong(string text) => new($"--grow '{text}': {Expected}");
}
