namespace Pagewise.Workloads;

/// <summary>
/// Reads the log of glibc's mtrace(3) (<c>MALLOC_TRACE</c>, libc_malloc_debug.so): <c>@ place + p size</c> a block taken,
/// <c>- p</c> freed, <c>&lt; p</c> and <c>&gt; p size</c> moved or resized by realloc, <c>! p size</c> a realloc that failed.
/// </summary>
internal sealed class MtraceReader(InputBuffer input) : HeapLogReader(
    input, RecordingFormat.Mtrace,
    "threads; calloc and the memalign family (both shown as malloc, without alignment); what was called before mtrace(); malloc's system calls; where the heap starts")
{
    private ulong _resized;
    private bool _resizing;

    /// <summary>Whether a first line is one of mtrace's.</summary>
    public static bool IsStart(ReadOnlySpan<byte> line) =>
        line.StartsWith("= Start"u8) || (line.StartsWith("@ "u8) && (line.IndexOf(" + 0x"u8) > 0 || line.IndexOf(" - 0x"u8) > 0));

    protected override void TakeLine(ReadOnlySpan<byte> line, EventBatch batch)
    {
        var c = new Cursor(line, Lines);
        if (line.Trim((byte)' ').IsEmpty || c.TryTake((byte)'='))
            return;
        if (c.TryTake("@ "u8))
            SkipPlace(ref c);
        byte mark = c.Next;
        if (c.AtEnd || "+-<>!"u8.IndexOf(mark) < 0)
            throw c.Fail("@ and a place, or one of + - < > !");
        c.Position++;
        c.Expect((byte)' ', "a space and an address");
        ulong address = TakeAddress(ref c);
        ulong size = 0;
        if (mark is (byte)'+' or (byte)'>' or (byte)'!')
        {
            c.Expect((byte)' ', "a space and the size");
            size = c.TakeNumber("the size");
        }

        if (!c.AtEnd)
            throw c.Fail("the end of the line");
        Take(mark, address, size, batch);
    }

    private void Take(byte mark, ulong address, ulong size, EventBatch batch)
    {
        switch (mark)
        {
            case (byte)'+':
                Add(batch, 1, Call(HeapFunction.Malloc, size, address));
                break;
            case (byte)'-':
                Add(batch, 1, Call(HeapFunction.Free, address, 0));
                break;
            case (byte)'<':
                (_resized, _resizing) = (address, true);
                break;
            case (byte)'>':
                Add(batch, 1, _resizing ? Call(HeapFunction.Realloc, _resized, size, address) : Call(HeapFunction.Malloc, size, address));
                _resizing = false;
                break;
            default:
                Add(batch, 1, Call(HeapFunction.Realloc, address, size, 0));
                break;
        }
    }

    // "PATH:(SYMBOL+OFFSET)[ADDRESS]" or "[ADDRESS]": it ends with the last bracket before the mark.
    private static void SkipPlace(ref Cursor c)
    {
        int end = c.Rest.LastIndexOf("] "u8);
        if (end < 0)
            throw c.Fail("a place that ends with ]");
        c.Position += end + 2;
    }

    private static ulong TakeAddress(ref Cursor c) => c.TryTake("(nil)"u8) ? 0 : c.TakeNumber("an address");
}
