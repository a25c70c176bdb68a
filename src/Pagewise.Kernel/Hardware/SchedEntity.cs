namespace Pagewise.Kernel.Hardware;

/// <summary>A kernel thread as the scheduler sees it (struct sched_entity): what <see cref="FairTurns"/> keeps of it.</summary>
/// <param name="sharesCpu">Whether the running task needs the CPU as well: the machine has one.</param>
internal struct SchedEntity(bool sharesCpu)
{
    /// <summary>Whether the machine has one CPU; with more the thread runs whenever it would.</summary>
    public readonly bool SharesCpu = sharesCpu;

    /// <summary>Whether it takes the CPU from the running task when it runs next.</summary>
    public bool Preempts;

    /// <summary>Whether it stopped in the midst of its turn to see whether the task still waits.</summary>
    public bool HasTurn;

    /// <summary>What it ran (vruntime), nanoseconds.</summary>
    public double VruntimeNs;

    /// <summary><see cref="VruntimeNs"/> at the start of its turn.</summary>
    public double TurnVruntimeNs;

    /// <summary>The next tick that it has to heed.</summary>
    public double TickNs;
}
