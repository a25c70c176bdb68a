using System.Globalization;
using System.Text;
using Pagewise.Abi;

namespace Pagewise.Workloads.Tests;

/// <summary>A recording read to its end, each event as a line of text with every fact of it.</summary>
internal sealed class Recorded
{
    public List<string> Events { get; } = [];

    public Dictionary<EventKind, long> Counts { get; } = [];

    public IReadOnlyList<KeyValuePair<string, long>> UnknownCalls { get; private set; } = [];

    public static Recorded Text(string text, string name = "test.strace") => Read(RecordingReader.Open(name, new MemoryStream(Encoding.UTF8.GetBytes(text))));

    public static Recorded Bytes(byte[] bytes, string name = "test") => Read(RecordingReader.Open(name, new MemoryStream(bytes)));

    public static Recorded Read(RecordingReader reader)
    {
        using (reader)
        {
            var recorded = new Recorded();
            var batch = new EventBatch();
            while (reader.Read(batch))
            {
                foreach (Event item in batch.Events.Span)
                    recorded.Add(batch, item);
            }

            reader.Read(batch).ShouldBeFalse();
            recorded.UnknownCalls = reader.UnknownCalls;
            return recorded;
        }
    }

    /// <summary>One call, for tests about a single line.</summary>
    public static (CallRecord Call, EventBatch Batch) OneCall(string line)
    {
        using RecordingReader reader = RecordingReader.Open("test.strace", new MemoryStream(Encoding.UTF8.GetBytes(line + "\n")));
        var batch = new EventBatch();
        reader.Read(batch).ShouldBeTrue();
        batch.Calls.Count.ShouldBe(1);
        return (batch.Calls[0], batch);
    }

    /// <summary>A batch's events, each as a line of text.</summary>
    public static List<string> Describe(EventBatch batch)
    {
        var recorded = new Recorded();
        foreach (Event item in batch.Events.Span)
            recorded.Add(batch, item);
        return recorded.Events;
    }

    private void Add(EventBatch batch, Event item)
    {
        Counts[item.Kind] = Counts.GetValueOrDefault(item.Kind) + item.Count;
        for (int i = item.Index; i < item.Index + item.Count; i++)
        {
            // Where a batch ends inside a series of runs, the rest is an event of its own: only the first run has a line.
            string place = item.Kind == EventKind.Access ? $"{item.Tid}" : $"{item.Line} {item.Tid}";
            Events.Add($"{place} {Describe(batch, item.Kind, i)}");
        }
    }

    private static string Describe(EventBatch batch, EventKind kind, int index)
    {
        switch (kind)
        {
            case EventKind.Call:
                return Describe(batch, batch.Calls[index]);
            case EventKind.Access:
                AccessRun run = batch.AccessRuns[index];
                return string.Create(CultureInfo.InvariantCulture, $"{run.Kind} {run.Address:x} x{run.Count}");
            case EventKind.Touch:
                TouchRecord t = batch.Touches[index];
                return $"touch {t.Kind} {t.Address:x}+{t.LengthBytes:x} by {t.StrideBytes} = {t.Outcome} {t.SignalCode} {t.HasFaults} {t.MinorFaults} {t.MajorFaults} {t.HasValue} {t.Value}";
            case EventKind.Note:
                NoteRecord note = batch.Notes[index];
                return $"{note.Kind} {note.Value} '{Encoding.Latin1.GetString(batch.Line(note))}' {note.BodyStart}";
            default:
                HeapCallRecord heap = batch.HeapCalls[index];
                return $"{heap.Function}/{heap.ArgCount} {heap.Arg0:x} {heap.Arg1:x} {heap.Arg2:x} = {heap.HasResult} {heap.Result:x} {heap.Error}";
        }
    }

    private static string Describe(EventBatch batch, in CallRecord call)
    {
        var text = new StringBuilder();
        StringTable strings = batch.Strings;
        text.Append($"{call.Sysno} {strings.GetString(call.Name)} {call.Flags} {call.ArgCount}{(call.LinesInFlight > 0 ? $" in flight {call.LinesInFlight}" : "")}:");
        for (int i = 0; i < CallArguments.Count; i++)
            text.Append($" {call.Args[i]:x}");
        text.Append($" = {call.Result:x} '{Quote(strings, call.Path)}' '{Quote(strings, call.FdPath)}' '{Quote(strings, call.ResultPath)}' ");
        if (call.PayloadKind == PayloadKind.ArgumentVector)
        {
            foreach (int word in batch.ArgumentVector(call))
                text.Append($"[{Quote(strings, word)}]");
        }
        else
        {
            text.Append($"{call.PayloadKind} {Convert.ToHexString(batch.PayloadBytes(call))}");
        }

        return text.ToString();
    }

    private static string Quote(StringTable strings, int id) => id == 0 ? "-" : Encoding.Latin1.GetString(strings[id]);
}
