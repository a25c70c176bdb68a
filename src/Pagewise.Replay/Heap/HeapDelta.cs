using System.Text.Json.Serialization;

namespace Pagewise.Replay.Heap;

/// <summary>How much more one replay came to than another.</summary>
/// <param name="PeakResidentBytes">Peak residence, in bytes.</param>
/// <param name="ResidentBytes">Residence at the end, in bytes.</param>
/// <param name="Faults">Minor faults.</param>
/// <param name="SystemCalls">malloc's system calls.</param>
/// <param name="EstimateNs">The time estimate, in nanoseconds.</param>
public readonly record struct HeapDelta(long PeakResidentBytes, long ResidentBytes, long Faults, long SystemCalls, double EstimateNs)
{
    /// <summary>Whether nothing changed; the estimate follows the rest and malloc's own accesses.</summary>
    [JsonIgnore]
    public bool IsNothing => this == default;

    /// <summary>What is left of one difference when another is taken from it.</summary>
    public static HeapDelta operator -(HeapDelta left, HeapDelta right) => new(
        left.PeakResidentBytes - right.PeakResidentBytes, left.ResidentBytes - right.ResidentBytes, left.Faults - right.Faults,
        left.SystemCalls - right.SystemCalls, left.EstimateNs - right.EstimateNs);
}
