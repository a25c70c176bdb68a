using System.Text;

namespace Pagewise.Workloads.Tests;

/// <summary>Every recording of the oracle is read to its end, and its events are counted a second way.</summary>
public sealed class OracleTests
{
    public static TheoryData<string> VmFiles => new(Oracle.Files("vm", "*.zst"));

    public static TheoryData<string> HeapFiles => new(Oracle.Files("heap", "*.zst").Concat(Oracle.Files("glibc", "*.zst")));

    public static TheoryData<string> GuestFiles => new(Oracle.Files("guest", "workload.log"));

    [Theory]
    [MemberData(nameof(VmFiles))]
    public void EveryLineOfAVmRecordingIsAnEvent(string file)
    {
        Recorded recorded = Recorded.Read(RecordingReader.Open(Path.Combine(Oracle.Folder, file)));
        CheckStrace(recorded, Lines(Oracle.Plain(file)));
    }

    [Theory]
    [MemberData(nameof(GuestFiles))]
    public void EveryLineOfAGuestWorkloadIsAnEvent(string file)
    {
        Recorded recorded = Recorded.Read(RecordingReader.Open(Path.Combine(Oracle.Folder, file)));
        CheckStrace(recorded, Lines(Oracle.Plain(file)));
    }

    [Theory]
    [MemberData(nameof(HeapFiles))]
    public void EveryLineOfAHeapRecordingIsAnEvent(string file)
    {
        string path = Path.Combine(Oracle.Folder, file);
        string[] lines = Lines(Oracle.Plain(file));
        long system = lines.Count(line => line.Contains("] SYS_", StringComparison.Ordinal));
        long exits = lines.Count(line => line.EndsWith("internal frees)", StringComparison.Ordinal) || line.Contains("] thread-exit", StringComparison.Ordinal));
        long heap = lines.Count(line => line.StartsWith('[')) - system;
        var counts = new long[6];
        using RecordingReader reader = RecordingReader.Open(path);
        reader.Format.ShouldBe(RecordingFormat.Heap);
        var batch = new EventBatch();
        while (reader.Read(batch))
        {
            foreach (Event item in batch.Events.Span)
                counts[(int)item.Kind] += item.Count;
        }

        counts[(int)EventKind.Call].ShouldBe(system);
        counts[(int)EventKind.HeapCall].ShouldBe(heap + exits);
        counts[(int)EventKind.Note].ShouldBe(lines.Length - system - heap - exits);
        reader.UnknownCalls.ShouldBeEmpty();
    }

    [Fact]
    public void TheMemoryCallsOfTheVmRecordingsHaveNoGap()
    {
        foreach (string file in Oracle.Files("vm", "*.zst"))
        {
            using RecordingReader reader = RecordingReader.Open(Path.Combine(Oracle.Folder, file));
            var batch = new EventBatch();
            while (reader.Read(batch))
            {
                foreach (ref readonly CallRecord call in batch.Calls.Span)
                {
                    string text = $"{file}: {batch.Strings.GetString(call.Name)}";
                    call.Has(CallFlags.ArgumentsIncomplete).ShouldBe(call.Has(CallFlags.Unfinished), text);
                }
            }

            reader.UnknownCalls.ShouldBeEmpty(file);
        }
    }

    private static string[] Lines(byte[] text) => Encoding.Latin1.GetString(text).TrimEnd('\n').Split('\n');

    private static void CheckStrace(Recorded recorded, string[] lines)
    {
        long touches = lines.Count(line => line.StartsWith("# touch ", StringComparison.Ordinal) || (!line.StartsWith('#') && line.Contains(" touch(", StringComparison.Ordinal)));
        int header = lines[0].StartsWith("# vm log", StringComparison.Ordinal) ? Array.FindIndex(lines, line => line.StartsWith("# kernel", StringComparison.Ordinal)) : 0;
        long unfinished = lines.Count(line => line.EndsWith("<unfinished ...>", StringComparison.Ordinal));
        long resumed = lines.Count(line => line.Contains(" resumed>", StringComparison.Ordinal));
        resumed.ShouldBe(unfinished, "the recording has whole calls only");
        long notes = lines.Skip(header).Count(line => line.StartsWith('#') || line.Contains(" +++ ", StringComparison.Ordinal) || line.Contains(" --- ", StringComparison.Ordinal)) + header
            - lines.Count(line => line.StartsWith("# touch ", StringComparison.Ordinal));
        long blank = lines.Count(line => line.Length == 0);
        recorded.Counts.GetValueOrDefault(EventKind.Touch).ShouldBe(touches);
        recorded.Counts.GetValueOrDefault(EventKind.Note).ShouldBe(notes);
        recorded.Counts.GetValueOrDefault(EventKind.Call).ShouldBe(lines.Length - notes - touches - unfinished - blank);
    }
}
