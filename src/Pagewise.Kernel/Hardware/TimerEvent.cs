namespace Pagewise.Kernel.Hardware;

/// <summary>One entry of the <see cref="EventQueue"/>.</summary>
internal struct TimerEvent
{
    /// <summary>When, in virtual nanoseconds.</summary>
    public double AtNs;

    /// <summary>Order of scheduling: events of the same moment run in it.</summary>
    public long Sequence;

    /// <summary>The agent's number.</summary>
    public int Agent;

    /// <summary>What the agent is told.</summary>
    public int Argument;

    /// <summary>Whether its agent is ready to run and runs before its moment if the CPU has nothing else to do.</summary>
    public bool IsReady;

    /// <summary>Whether this event comes before another.</summary>
    public readonly bool IsBefore(in TimerEvent other) => AtNs < other.AtNs || (AtNs == other.AtNs && Sequence < other.Sequence);
}
