using Pagewise.Kernel;

namespace Pagewise.Replay.Checking;

/// <summary>How recordings are checked.</summary>
public sealed record CheckOptions
{
    /// <summary>Changes the machine that the recording describes; null keeps it.</summary>
    public Func<MachineSpec, MachineSpec>? Configure { get; init; }

    /// <summary>How many differences of a file keep their text; all are counted.</summary>
    public int DifferenceLimit { get; init; } = 1000;

    /// <summary>What is assumed where accesses were not recorded.</summary>
    public TouchAssumption Touch { get; init; } = TouchAssumption.First;
}
