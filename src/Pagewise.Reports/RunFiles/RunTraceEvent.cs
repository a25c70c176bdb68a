namespace Pagewise.Reports.RunFiles;

/// <summary>A tracepoint that fired (table trace_event).</summary>
/// <param name="TimeNs">When, virtual nanoseconds.</param>
/// <param name="Cpu">On which CPU.</param>
/// <param name="Pid">Who ran there; 0: nobody yet. A kernel thread has a number below 0, see docs/run-file.md.</param>
/// <param name="Comm">Its name.</param>
/// <param name="Name">The tracepoint, as Linux names it.</param>
/// <param name="Fields">Its fields as the kernel's trace file prints them.</param>
public sealed record RunTraceEvent(long TimeNs, int Cpu, int Pid, string Comm, string Name, string Fields);
