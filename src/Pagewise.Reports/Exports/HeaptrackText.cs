using System.Globalization;
using System.Text;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Exports;

/// <summary>
/// Faults as heaptrack's interpreted data (file version 3): each fault is an allocation of the pages that it mapped, by
/// process, area and kind of fault; nothing is freed. Where the run file has one fault in n, each stands for n.
/// </summary>
internal static class HeaptrackText
{
    private const int PageBytes = 4096;
    private const int MostLines = 1 << 20;

    /// <summary>The text.</summary>
    public static string Write(RunFile run)
    {
        long sampling = long.TryParse(run.Meta.GetValueOrDefault("fault_sampling"), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? Math.Clamp(step, 1, 1 << 20) : 1;
        var names = new AreaNames(run);
        var comms = new Dictionary<int, string>();
        foreach (RunProcess process in run.Processes)
            comms[process.Pid] = process.Name;
        var writer = new Writer();
        writer.Line($"v 10500 3");
        writer.Line($"X {OneLine.Of(run.Meta.GetValueOrDefault("recording") ?? "")}");
        writer.Line($"I {PageBytes:x} 0");
        long milliseconds = 0;
        int lines = 0;
        foreach (RunFault fault in run.Faults.OrderBy(fault => fault.TimeNs))
        {
            if (fault.Pages <= 0 || lines >= MostLines)
                continue;
            if (fault.TimeNs / 1_000_000 > milliseconds)
                writer.Line($"c {milliseconds = fault.TimeNs / 1_000_000:x}");
            int trace = writer.Trace(0, "process", $"{comms.GetValueOrDefault(fault.Pid, "")} [{fault.Pid}]");
            trace = writer.Trace(trace, "area", names.Of(fault.Pid, fault.Address, fault.TimeNs));
            trace = writer.Trace(trace, "page fault", fault.Kind);
            int allocation = writer.Allocation(trace, (long)fault.Pages * PageBytes);
            for (long copy = 0; copy < sampling && lines < MostLines; copy++, lines++)
                writer.Line($"+ {allocation:x}");
        }

        long peak = run.Samples.Count == 0 ? 0 : run.Samples.Max(sample => sample.Processes.Sum(process => process.RssPages));
        writer.Line($"R {peak:x}");
        return writer.ToString();
    }

    private sealed class Writer
    {
        private readonly StringBuilder _text = new();
        private readonly Dictionary<string, int> _strings = new(StringComparer.Ordinal);
        private readonly Dictionary<(string Module, string Function), int> _places = [];
        private readonly Dictionary<(int Parent, int Place), int> _traces = [];
        private readonly Dictionary<(int Trace, long Bytes), int> _allocations = [];

        public void Line(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        /// <summary>A call of a function under a parent; 0 is the root.</summary>
        public int Trace(int parent, string module, string function)
        {
            function = OneLine.Of(function);
            if (!_places.TryGetValue((module, function), out int place))
            {
                int moduleName = StringOf(module), functionName = StringOf(function);
                place = _places.Count + 1;
                _places.Add((module, function), place);
                Line($"i {place:x} {moduleName:x} {functionName:x}");
            }

            if (!_traces.TryGetValue((parent, place), out int trace))
            {
                trace = _traces.Count + 1;
                _traces.Add((parent, place), trace);
                Line($"t {place:x} {parent:x}");
            }

            return trace;
        }

        /// <summary>The number of allocations of a size at a place.</summary>
        public int Allocation(int trace, long bytes)
        {
            if (!_allocations.TryGetValue((trace, bytes), out int allocation))
            {
                allocation = _allocations.Count;
                _allocations.Add((trace, bytes), allocation);
                Line($"a {bytes:x} {trace:x}");
            }

            return allocation;
        }

        public override string ToString() => _text.ToString();

        private int StringOf(string text)
        {
            if (!_strings.TryGetValue(text, out int number))
            {
                number = _strings.Count + 1;
                _strings.Add(text, number);
                Line($"s {Encoding.UTF8.GetByteCount(text):x} {text}");
            }

            return number;
        }
    }
}
