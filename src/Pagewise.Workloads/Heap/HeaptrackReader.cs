namespace Pagewise.Workloads;

/// <summary>
/// Reads heaptrack's raw files (<c>heaptrack --raw</c>): <c>+ SIZE TRACE ADDRESS</c> a block taken, <c>- ADDRESS</c> freed, all
/// hexadecimal; <c>X</c> the command line; the stack traces and modules are passed over.
/// </summary>
internal sealed class HeaptrackReader(InputBuffer input) : HeapLogReader(
    input, RecordingFormat.Heaptrack,
    "threads; calloc and the memalign family (both shown as malloc, without alignment); realloc (shown as free and malloc); what was called before heaptrack was ready; malloc's system calls; where the heap starts")
{
    /// <summary>Whether a first line is one of heaptrack's: <c>v VERSION FORMAT</c>.</summary>
    public static bool IsStart(ReadOnlySpan<byte> line)
    {
        if (line.Length < 3 || line[0] != 'v' || line[1] != ' ')
            return false;
        foreach (byte b in line[2..])
        {
            if (b != ' ' && Cursor.HexDigit(b) < 0)
                return false;
        }

        return true;
    }

    protected override void TakeLine(ReadOnlySpan<byte> line, EventBatch batch)
    {
        if (line.IsEmpty)
            return;
        var c = new Cursor(line, Lines) { Position = 1 };
        switch (line[0])
        {
            case (byte)'+':
                ulong size = TakeHex(ref c, "the size");
                if (c.AtEnd)
                    throw Interpreted();
                _ = TakeHex(ref c, "the trace's number");
                Add(batch, 1, Call(HeapFunction.Malloc, size, TakeHex(ref c, "the address")));
                break;
            case (byte)'-':
                Add(batch, 1, Call(HeapFunction.Free, TakeHex(ref c, "the address"), 0));
                break;
            case (byte)'X' when line.Length > 2:
                AddNote(batch, $"# program: {System.Text.Encoding.UTF8.GetString(line[2..])}", NoteKind.HeapProgram, "# program: ".Length);
                return;
            case (byte)'a' or (byte)'i':
                throw Interpreted();
            default:
                return;
        }

        if (!c.AtEnd)
            throw c.Fail("the end of the line");
    }

    private RecordingException Interpreted() =>
        Lines.Fail("is heaptrack's interpreted form, which has no addresses; record with heaptrack --raw");

    private static ulong TakeHex(ref Cursor c, string expected)
    {
        c.Expect((byte)' ', $"a space and {expected}");
        return c.TryTakeHexDigits(out ulong value) ? value : throw c.Fail(expected);
    }
}
