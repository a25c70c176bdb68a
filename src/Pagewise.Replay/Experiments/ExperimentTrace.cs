using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// Compares the page allocator's tracepoints with a recorded trace.txt, event by event: what the workload's own process
/// took and gave back, in which order, by order, migrate type, gfp flags and zone.
/// </summary>
/// <remarks>
/// Frame numbers are not compared, nor when per-CPU lists were filled and drained: a start state says how many pages are
/// in them, not of which type.
/// </remarks>
internal sealed class ExperimentTrace : IPageTracepoints
{
    /// <summary>The recorded events, in a file of this name.</summary>
    public const string FileName = "trace.txt";

    private const string AllocEvent = "mm_page_alloc";
    private const string FreeEvent = "mm_page_free";
    private const string BatchedEvent = "mm_page_free_batched";

    private readonly List<string> _events = [];
    private int _recordedEvents;
    private Machine? _machine;

    /// <summary>Whether a trace can be compared: it has the allocator's events, and none of reclaim, whose timing is its own.</summary>
    public static bool IsComparable(ExperimentFiles files)
    {
        if (!files.Has(FileName))
            return false;
        string[] lines = files.Lines(FileName);
        return Array.Exists(lines, line => line.Contains($": {AllocEvent}: ", StringComparison.Ordinal))
            && !Array.Exists(lines, line => line.Contains(": mm_vmscan_", StringComparison.Ordinal));
    }

    /// <summary>Begins to listen, as the recorder did after the snapshot <c>before</c>.</summary>
    public void Attach(Machine machine)
    {
        _machine = machine;
        machine.Allocator.Tracepoints = this;
    }

    /// <summary>A snapshot was taken: the trace went at least to here. What comes after the last one was not recorded.</summary>
    public void SnapshotTaken() => _recordedEvents = _events.Count;

    /// <summary>Compares the events of the process that has most of them: the workload's.</summary>
    /// <exception cref="RecordingException">An event is not written as the kernel does.</exception>
    public void Compare(ExperimentFiles files, ResultLog log)
    {
        List<Recorded> all = Read(files);
        string? process = all.GroupBy(one => one.Process).MaxBy(group => group.Count())?.Key;
        List<Recorded> recorded = all.FindAll(one => one.Process == process);
        for (int i = 0; i < recorded.Count; i++)
        {
            if (i < _recordedEvents && _events[i] == recorded[i].Text)
                log.Same();
            else
                log.Differs(recorded[i].Line, $"event {i}", recorded[i].Text, i < _recordedEvents ? _events[i] : "nothing");
        }

        if (_recordedEvents > recorded.Count)
            log.Differs(recorded[^1].Line, "after the last event", "nothing", $"{_recordedEvents - recorded.Count} more, first {_events[recorded.Count]}");
    }

    void IPageTracepoints.MmPageAlloc(uint pfn, int order, Gfp gfp, MigrateType type) => _events.Add(Alloc(pfn, order, (int)type, GfpNames.Format(gfp)));

    void IPageTracepoints.MmPageFree(uint pfn, int order) => _events.Add(Free(FreeEvent, pfn, order));

    void IPageTracepoints.MmPageFreeBatched(uint pfn) => _events.Add(Free(BatchedEvent, pfn, 0));

    void IPageTracepoints.MmPageAllocZoneLocked(uint pfn, int order, MigrateType type, bool percpuRefill)
    {
    }

    void IPageTracepoints.MmPagePcpuDrain(uint pfn, int order, MigrateType type)
    {
    }

    void IPageTracepoints.MmPageAllocExtfrag(uint pfn, int allocOrder, int fallbackOrder, MigrateType allocType, MigrateType fallbackType)
    {
    }

    private string Alloc(uint pfn, int order, int type, string gfp) =>
        string.Create(CultureInfo.InvariantCulture, $"{AllocEvent} order={order} migratetype={type} gfp_flags={gfp} in {ZoneOf(pfn)}");

    private string Free(string name, uint pfn, int order) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} order={order} in {ZoneOf(pfn)}");

    private string ZoneOf(uint pfn)
    {
        int zone = pfn == 0 || _machine is null || pfn >= _machine.MemMap.Count ? -1 : _machine.Allocator.ZoneOf(pfn);
        return zone < 0 ? "no zone" : $"n{_machine!.Zones[zone].Node}.{_machine.Zones[zone].Type.Name()}";
    }

    // "   wl-155     [000] .....    11.700670: mm_page_alloc: page=… pfn=0x6abf order=0 migratetype=0 gfp_flags=A|B"
    private List<Recorded> Read(ExperimentFiles files)
    {
        string[] lines = files.Lines(FileName);
        var found = new List<Recorded>();
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int name = Array.FindIndex(words, word => word is AllocEvent + ":" or FreeEvent + ":" or BatchedEvent + ":");
            if (name < 1 || lines[i].StartsWith('#'))
                continue;
            uint pfn = (uint)Number(words, "pfn=0x", NumberStyles.HexNumber, i);
            int order = (int)Number(words, "order=", NumberStyles.None, i);
            string text = words[name] == AllocEvent + ":"
                ? Alloc(pfn, order, (int)Number(words, "migratetype=", NumberStyles.None, i), Word(words, "gfp_flags=", i))
                : Free(words[name].TrimEnd(':'), pfn, order);
            found.Add(new Recorded(i + 1, words[0], text));
        }

        return found;

        long Number(string[] words, string field, NumberStyles style, int line) =>
            uint.TryParse(Word(words, field, line), style, CultureInfo.InvariantCulture, out uint number) ? number : throw Wrong(field, line);

        string Word(string[] words, string field, int line) =>
            Array.Find(words, word => word.StartsWith(field, StringComparison.Ordinal))?[field.Length..] ?? throw Wrong(field, line);

        RecordingException Wrong(string field, int line) => new(files.PathOf(FileName), line + 1, 1, $"expected {field} and a value");
    }

    /// <summary>An event of the recording.</summary>
    /// <param name="Line">Its line, from 1.</param>
    /// <param name="Process">Name and pid, as the trace has them.</param>
    /// <param name="Text">What is compared.</param>
    private sealed record Recorded(int Line, string Process, string Text);
}
