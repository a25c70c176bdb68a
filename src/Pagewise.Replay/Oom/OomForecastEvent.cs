using Pagewise.Kernel.Oom;

namespace Pagewise.Replay.Oom;

/// <summary>One event of a forecast.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="AtSeconds">When, seconds from now.</param>
/// <param name="FreePages">Free memory after it, in pages.</param>
/// <param name="SwapFreePages">Free swap after it, in pages.</param>
/// <param name="Victim">Who is killed, as it stands then; null for other events.</param>
/// <param name="Control">The choice that the kernel makes then; null for other events.</param>
public sealed record OomForecastEvent(OomForecastKind Kind, double AtSeconds, long FreePages, long SwapFreePages, OomCandidate? Victim, OomControl? Control)
{
    /// <summary>When it happens if everything grows as fast as it may; the same as <see cref="AtSeconds"/> where nothing is uncertain.</summary>
    public double EarliestSeconds { get; init; } = AtSeconds;

    /// <summary>When it happens if everything grows as slowly as it may; null: not in the time that was looked at.</summary>
    public double? LatestSeconds { get; init; } = AtSeconds;
}
