using Pagewise.Replay.Comparing;

namespace Pagewise.Replay.Checking;

/// <summary>What the check of one recording found.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Results">Recorded results compared.</param>
/// <param name="DifferenceCount">Results that differ.</param>
/// <param name="Differences">The first differences.</param>
/// <param name="AdoptedStackPages">Stack pages taken over from copies of the maps.</param>
/// <param name="PassedOver">Calls passed over, for the recording lacks the program that made them.</param>
/// <param name="Warnings">What could not be replayed as recorded, each kind with how often it happened.</param>
/// <param name="UnknownCalls">Calls without a decoder, by name.</param>
public sealed record CheckResult(
    string File, long Results, long DifferenceCount, IReadOnlyList<Difference> Differences, ulong AdoptedStackPages,
    long PassedOver, IReadOnlyDictionary<string, long> Warnings, IReadOnlyList<KeyValuePair<string, long>> UnknownCalls)
{
    /// <summary>What was measured of an experiment beside its expectations, a line each; empty: nothing.</summary>
    public IReadOnlyList<string> Measured { get; init; } = [];
}
