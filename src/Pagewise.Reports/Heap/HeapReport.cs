using Pagewise.Replay.Heap;

namespace Pagewise.Reports.Heap;

/// <summary>What a recording's heap did, from its first call to its last. docs/heap-report.md explains each number.</summary>
/// <param name="Recording">What was replayed.</param>
/// <param name="Figures">Live, arena, mapped, system and resident bytes: peaks and ends.</param>
/// <param name="Faults">First writes of pages.</param>
/// <param name="PagesReturned">Resident pages given back.</param>
/// <param name="Arenas">Arenas at the end.</param>
/// <param name="SystemCalls">malloc's system calls.</param>
/// <param name="Space">Where the system's bytes go, when the most was resident and at the end; the causes add up.</param>
/// <param name="PeakPages">What the resident pages hold when there are the most.</param>
/// <param name="FinalPages">The same at the end.</param>
/// <param name="Timeline">The heap over time, evenly by steps.</param>
/// <param name="SizeClasses">Requests by size.</param>
/// <param name="LongestPins">The oldest live blocks at the end that keep free bytes resident.</param>
public sealed record HeapReport(
    HeapRecordingFacts Recording, IReadOnlyList<HeapFigure> Figures, long Faults, long PagesReturned, int Arenas,
    HeapSystemCalls SystemCalls, IReadOnlyList<HeapCause> Space, HeapResidence PeakPages, HeapResidence FinalPages,
    IReadOnlyList<HeapMoment> Timeline, IReadOnlyList<HeapSizeClass> SizeClasses, IReadOnlyList<HeapPinFacts> LongestPins);
