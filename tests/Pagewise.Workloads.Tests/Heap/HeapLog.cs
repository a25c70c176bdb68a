using System.Text;

namespace Pagewise.Workloads.Tests.Heap;

/// <summary>An allocation log read to its end.</summary>
internal sealed class HeapLog
{
    private HeapLog(RecordingReader reader)
    {
        using (reader)
        {
            Format = reader.Format;
            var batch = new EventBatch();
            while (reader.Read(batch))
            {
                foreach (Event e in batch.Events.Span)
                    Take(batch, e);
            }
        }
    }

    public RecordingFormat Format { get; }

    public List<string> Calls { get; } = [];

    public string Lacks { get; private set; } = "";

    public string Program { get; private set; } = "";

    public static HeapLog Sample(string name) => new(RecordingReader.Open(Path.Combine(AppContext.BaseDirectory, "data", "heap", name)));

    public static HeapLog Text(string text) => new(RecordingReader.Open("test.log", new MemoryStream(Encoding.UTF8.GetBytes(text))));

    private void Take(EventBatch batch, Event e)
    {
        if (e.Kind == EventKind.Note)
        {
            NoteRecord note = batch.Notes[e.Index];
            string body = Encoding.UTF8.GetString(batch.Body(note));
            if (note.Kind == NoteKind.HeapLacks)
                Lacks = body;
            else if (note.Kind == NoteKind.HeapProgram)
                Program = body;
            return;
        }

        HeapCallRecord call = batch.HeapCalls[e.Index];
        string arguments = call.ArgCount switch { 0 => "", 1 => Word(call.Arg0), _ => $"{Word(call.Arg0)} {Word(call.Arg1)}" };
        string result = call.Function is HeapFunction.Free or HeapFunction.ThreadExit ? "" : call.HasResult ? $" = {Word(call.Result)}" : " = ?";
        Calls.Add($"{e.Line} [{e.Tid}] {call.Function} {arguments}{result}".TrimEnd());

        static string Word(ulong value) => value >= 1UL << 32 ? $"0x{value:x}" : $"{value}";
    }
}
