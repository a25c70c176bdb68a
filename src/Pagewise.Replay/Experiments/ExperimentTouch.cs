using Pagewise.Abi;

namespace Pagewise.Replay.Experiments;

/// <summary>One touched page of an experiment.</summary>
/// <param name="Tid">Who touched it, as recorded.</param>
/// <param name="Address">Where.</param>
/// <param name="Kind">How.</param>
/// <param name="Minor">Minor faults that it took.</param>
/// <param name="Major">Major faults that it took.</param>
internal readonly record struct ExperimentTouch(int Tid, ulong Address, AccessKind Kind, int Minor, int Major)
{
    /// <summary>The letter of faults.rle: <c>.</c> no fault, <c>m</c> one minor, <c>M</c> major, a digit several minor ones.</summary>
    public char Letter => Major > 0 ? 'M' : Minor switch { 0 => '.', 1 => 'm', < 10 => (char)('0' + Minor), _ => '9' };
}
