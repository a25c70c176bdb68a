using Pagewise.Reports.Tracing;

namespace Pagewise.Reports.RunFiles;

/// <content>Tracepoints: of each kind so many; where there are more, every other one goes.</content>
public sealed partial class RunRecorder : ITraceSink
{
    // Of a kind; begins and ends fire in turn, so that the same of them stay.
    private const int MostOfKind = 4096;

    private readonly List<(long Place, TraceEvent Event)>[] _events = [.. Enumerable.Range(0, TraceKinds.Count).Select(_ => new List<(long, TraceEvent)>())];
    private readonly long[] _fired = new long[TraceKinds.Count];
    private readonly long[] _traceStep = [.. Enumerable.Repeat(1L, TraceKinds.Count)];
    private long _place;

    bool ITraceSink.Wants(TraceKind kind) => _fired[(int)kind]++ % _traceStep[(int)kind] == 0;

    void ITraceSink.Fired(in TraceEvent fired)
    {
        List<(long Place, TraceEvent Event)> events = _events[(int)fired.Kind];
        events.Add((_place++, fired));
        if (events.Count <= MostOfKind)
            return;
        _traceStep[(int)fired.Kind] *= 2;
        for (int i = 0; 2 * i < events.Count; i++)
            events[i] = events[2 * i];
        events.RemoveRange((events.Count + 1) / 2, events.Count / 2);
    }

    private List<RunTraceEvent> TraceRows() =>
        [.. _events.SelectMany(events => events).OrderBy(one => one.Place).Select(one => new RunTraceEvent((long)one.Event.TimeNs, one.Event.Cpu, one.Event.Pid, one.Event.Comm, TraceKinds.NameOf(one.Event.Kind), one.Event.Fields))];

    /// <summary>How many of each kind fired, and one in how many is kept.</summary>
    private SortedDictionary<string, long[]> TraceCounts()
    {
        var counts = new SortedDictionary<string, long[]>(StringComparer.Ordinal);
        for (int kind = 0; kind < _fired.Length; kind++)
        {
            if (_fired[kind] > 0)
                counts[TraceKinds.NameOf((TraceKind)kind)] = [_fired[kind], _traceStep[kind]];
        }

        return counts;
    }
}
