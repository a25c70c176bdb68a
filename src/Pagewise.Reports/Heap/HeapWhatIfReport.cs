using Pagewise.Replay.Heap;

namespace Pagewise.Reports.Heap;

/// <summary>A grid of replays with other tunables.</summary>
/// <param name="Recording">What was replayed.</param>
/// <param name="Axes">The tunables that were varied.</param>
/// <param name="Trials">The trials; the first has the tunables as recorded.</param>
public sealed record HeapWhatIfReport(HeapRecordingFacts Recording, IReadOnlyList<string> Axes, IReadOnlyList<HeapTrial> Trials);
