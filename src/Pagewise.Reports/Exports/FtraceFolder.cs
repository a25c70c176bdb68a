using System.Text;
using Pagewise.Reports.RunFiles;
using Pagewise.Reports.Tracing;

namespace Pagewise.Reports.Exports;

/// <summary>The tracepoints that a run file has as /sys/kernel/tracing shows them: trace, and events/GROUP/NAME/format.</summary>
internal static class FtraceFolder
{
    /// <summary>The trace's name.</summary>
    public const string TraceName = "trace";

    /// <summary>Writes the files.</summary>
    public static void Write(RunFile run, string directory)
    {
        int cpus = int.TryParse(run.Meta.GetValueOrDefault("cpus"), out int count) ? count : 1;
        var text = new StringBuilder(FtraceText.Header(run.TraceEvents.Count, cpus));
        foreach (RunTraceEvent fired in run.TraceEvents)
            text.Append(FtraceText.Line(fired.TimeNs, fired.Cpu, fired.Pid, fired.Comm, fired.Name, fired.Fields));
        File.WriteAllText(Path.Combine(directory, TraceName), text.ToString());
        for (int kind = 0; kind < TraceKinds.Count; kind++)
        {
            string folder = Path.Combine(directory, "events", TraceKinds.GroupOf((TraceKind)kind), TraceKinds.NameOf((TraceKind)kind));
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "format"), FtraceText.Format((TraceKind)kind));
        }
    }
}
