namespace Pagewise.Reports.Oom;

/// <summary>One event of a forecast.</summary>
/// <param name="Event">lowWatermark, swapBegins, swapFull, directReclaim, kill or panic.</param>
/// <param name="AtSeconds">When, seconds from now.</param>
/// <param name="EarliestSeconds">When at the earliest.</param>
/// <param name="LatestSeconds">When at the latest; null: perhaps not in the time that was looked at.</param>
/// <param name="FreeBytes">Free memory after it.</param>
/// <param name="SwapFreeBytes">Free swap after it.</param>
/// <param name="VictimPid">Who is killed; null for other events.</param>
/// <param name="VictimName">Its name.</param>
/// <param name="Scores">The processes with most points at a kill, the victim first; empty for other events.</param>
public sealed record OomForecastStep(
    string Event, double AtSeconds, double EarliestSeconds, double? LatestSeconds, ulong FreeBytes, ulong SwapFreeBytes, int? VictimPid, string? VictimName, IReadOnlyList<OomAnswerRow> Scores);
