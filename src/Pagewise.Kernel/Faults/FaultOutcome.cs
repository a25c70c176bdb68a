using Pagewise.Abi;

namespace Pagewise.Kernel.Faults;

/// <summary>How a fault ended: resolved (minor or major), or a signal.</summary>
/// <param name="Signal">The signal, or <see cref="Signal.None"/> when resolved.</param>
/// <param name="Code">The signal's si_code.</param>
/// <param name="IsMajor">Whether a device was read (VM_FAULT_MAJOR).</param>
public readonly record struct FaultOutcome(Signal Signal, SignalCode Code, bool IsMajor)
{
    /// <summary>Whether the access may be retried.</summary>
    public bool IsResolved => Signal == Signal.None;
}
