using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel;

/// <summary>
/// A modelled computer: hardware, kernel and tasks, one clock and one thread. Programs reach it by system calls and by
/// accesses, nothing else. Deterministic: same spec and inputs, same results.
/// </summary>
public abstract class Machine : IDisposable
{
    private protected Machine(MachineSpec spec)
    {
        Spec = spec;
    }

    /// <summary>What the machine was made from.</summary>
    public MachineSpec Spec { get; }

    /// <summary>Areas and address spaces.</summary>
    public AddressSpaceArenas AddressSpaces { get; } = new();

    /// <summary>Files.</summary>
    public InodeTable Inodes { get; } = new();

    /// <summary>The page tables of all address spaces.</summary>
    public abstract PageTables PageTables { get; }

    /// <summary>Virtual time since the machine was switched on, in nanoseconds.</summary>
    public abstract double NowNs { get; }

    /// <summary>
    /// One access by a task: translated through the TLB, by a walk, or by a fault, which is handled. A signal is
    /// returned, not delivered.
    /// </summary>
    /// <param name="task">The task's index in the task table.</param>
    /// <param name="address">The virtual address.</param>
    /// <param name="kind">What the program does there.</param>
    public abstract FaultOutcome Access(int task, ulong address, AccessKind kind);

    /// <summary>Runs of accesses by a task, in order; stops after the first run that gets a signal.</summary>
    /// <param name="task">The task's index in the task table.</param>
    /// <param name="runs">The accesses.</param>
    /// <param name="outcome">Resolved, or the signal that stopped it.</param>
    /// <returns>The number of runs done: all of them, or the index of the run that got the signal.</returns>
    public abstract int Access(int task, ReadOnlySpan<AccessRun> runs, out FaultOutcome outcome);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the host its memory back.</summary>
    protected virtual void Dispose(bool disposing)
    {
        AddressSpaces.Dispose();
        Inodes.Dispose();
    }
}
