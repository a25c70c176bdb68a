namespace Pagewise.Reports.Exports;

/// <summary>What a run file can be turned into (docs/exports.md).</summary>
public enum ExportFormat
{
    /// <summary>trace.perfetto-trace: a protobuf trace for ui.perfetto.dev.</summary>
    Perfetto,

    /// <summary>trace.json: the same in Chrome's trace event format.</summary>
    ChromeJson,

    /// <summary>A file of comma-separated values for each table.</summary>
    Csv,

    /// <summary>trace, and the tracepoints' format files, as under /sys/kernel/tracing.</summary>
    Ftrace,

    /// <summary>The modelled /proc at the end.</summary>
    Proc,

    /// <summary>metrics.txt: node_exporter's metrics at the end.</summary>
    OpenMetrics,

    /// <summary>heaptrack.txt: faults as allocations, for heaptrack_print.</summary>
    Heaptrack,

    /// <summary>massif.out: resident memory by area, for ms_print.</summary>
    Massif,

    /// <summary>dmesg.txt: what the modelled kernel printed.</summary>
    Dmesg,
}
