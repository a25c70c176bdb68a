namespace Pagewise.Reports.Tracing;

/// <summary>Where tracepoints go.</summary>
public interface ITraceSink
{
    /// <summary>Asked each time one fires, before it is put into words.</summary>
    /// <param name="kind">Which.</param>
    /// <returns>Whether it shall be.</returns>
    bool Wants(TraceKind kind);

    /// <summary>One fired that was wanted.</summary>
    /// <param name="fired">It.</param>
    void Fired(in TraceEvent fired);
}
