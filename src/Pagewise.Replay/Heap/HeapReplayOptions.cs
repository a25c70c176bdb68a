using Pagewise.Malloc;

namespace Pagewise.Replay.Heap;

/// <summary>How a heap script is replayed.</summary>
public sealed record HeapReplayOptions
{
    /// <summary>A value of <c>GLIBC_TUNABLES</c> instead of the recorded one; null keeps that.</summary>
    public string? Tunables { get; init; }

    /// <summary>The glibc release, one of <see cref="AllocatorModels.Releases"/>, instead of the recorded one; null keeps that.</summary>
    public string? Release { get; init; }

    /// <summary>A change of that release to swap for what another release has; null for none.</summary>
    public ReleaseSwap? Swap { get; init; }

    /// <summary>CPUs that the process may run on, which some releases count instead; null for all of them.</summary>
    public int? AffinityCpus { get; init; }

    /// <summary>CPUs that the arena limit counts; null for as many as the recording says, or 2.</summary>
    public int? Cpus { get; init; }

    /// <summary>
    /// What the program does with a block: <see cref="TouchAssumption.Write"/> writes all of it as soon as it has it,
    /// <see cref="TouchAssumption.None"/> nothing, so that only malloc's own writes count.
    /// </summary>
    public TouchAssumption Touch { get; init; } = TouchAssumption.Write;

    /// <summary>How many samples of the timeline to take; 0 for none.</summary>
    public int Samples { get; init; }
}
