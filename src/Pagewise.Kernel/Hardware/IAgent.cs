namespace Pagewise.Kernel.Hardware;

/// <summary>
/// What the clock runs beside the tasks: a device that completes, the flusher's timer, kswapd. It runs to its next wait
/// and returns; to wait, it schedules itself. Nothing sleeps on the host.
/// </summary>
public interface IAgent
{
    /// <summary>Runs at the moment it was scheduled for: <see cref="Clock.NowNs"/> is that moment or, where the CPU was busy, later.</summary>
    /// <param name="argument">What was given to <see cref="EventQueue.Schedule"/>.</param>
    void Run(int argument);
}
