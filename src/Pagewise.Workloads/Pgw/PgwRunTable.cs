using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// The last 65,535 distinct runs of a block, by slot: programs loop, so nine runs in ten were met before. Writer and
/// reader fill it alike, slot after slot from 1 and round again.
/// </summary>
internal sealed class PgwRunTable
{
    /// <summary>The highest slot; 0 stands for a run that is not in the table.</summary>
    public const int Slots = ushort.MaxValue;

    private readonly AccessRun[] _runs = new AccessRun[Slots + 1];
    private int _next = 1;

    /// <summary>The highest slot that holds a run.</summary>
    public int Filled { get; private set; }

    /// <summary>The runs by slot.</summary>
    public ReadOnlySpan<AccessRun> Runs => _runs;

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        _next = 1;
        Filled = 0;
    }

    /// <summary>Takes a new run in, in place of the oldest when the table is full.</summary>
    /// <returns>Its slot.</returns>
    public int Add(in AccessRun run)
    {
        int slot = _next;
        _runs[slot] = run;
        Filled = Math.Max(Filled, slot);
        _next = slot == Slots ? 1 : slot + 1;
        return slot;
    }
}
