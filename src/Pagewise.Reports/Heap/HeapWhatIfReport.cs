using Pagewise.Replay.Heap;

namespace Pagewise.Reports.Heap;

/// <summary>A grid of replays with other releases or other tunables.</summary>
/// <param name="Recording">What was replayed.</param>
/// <param name="Releases">The releases that were compared; empty for the recording's own.</param>
/// <param name="Axes">The tunables that were varied.</param>
/// <param name="Trials">The trials; of each release the first has the tunables as recorded.</param>
/// <param name="Steps">From each release to the next: what grew and which changes account for it.</param>
public sealed record HeapWhatIfReport(
    HeapRecordingFacts Recording, IReadOnlyList<string> Releases, IReadOnlyList<string> Axes, IReadOnlyList<HeapTrial> Trials,
    IReadOnlyList<HeapStep> Steps)
{
    /// <summary>Axes of which every value comes to the same, whatever the others are.</summary>
    public IReadOnlyList<string> IdleAxes { get; init; } = [];
}
