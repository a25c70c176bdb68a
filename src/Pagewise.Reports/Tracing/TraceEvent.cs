namespace Pagewise.Reports.Tracing;

/// <summary>A tracepoint that fired.</summary>
/// <param name="Kind">Which.</param>
/// <param name="TimeNs">When, virtual nanoseconds.</param>
/// <param name="Cpu">On which CPU.</param>
/// <param name="Pid">Who ran there.</param>
/// <param name="Comm">Its name.</param>
/// <param name="Fields">Its fields as the kernel prints them.</param>
public readonly record struct TraceEvent(TraceKind Kind, double TimeNs, int Cpu, int Pid, string Comm, string Fields);
