using System.Runtime.CompilerServices;

namespace Pagewise.Workloads;

/// <summary>Sorts the lines that are no calls: comments of every text format, and strace's own marks.</summary>
internal static class NoteParser
{
    /// <summary>Adds a whole line as a note.</summary>
    /// <param name="batch">Where it goes.</param>
    /// <param name="line">The line.</param>
    /// <param name="lineNumber">Its number.</param>
    /// <param name="kind">What it says.</param>
    /// <param name="bodyStart">Where in it the body starts.</param>
    /// <param name="tid">The task that it is about, or 0.</param>
    /// <param name="value">The number that the kind carries.</param>
    public static void Add(EventBatch batch, ReadOnlySpan<byte> line, long lineNumber, NoteKind kind, int bodyStart, int tid, ulong value)
    {
        batch.Events.Add(new Event(EventKind.Note, batch.Notes.Count, 1, tid, lineNumber));
        batch.Notes.Add(new NoteRecord
        {
            LineOffset = batch.Bytes.Count,
            LineLength = line.Length,
            BodyStart = Math.Min(bodyStart, line.Length),
            Kind = kind,
            Value = value,
        });
        line.CopyTo(batch.Bytes.AddMany(line.Length));
    }

    /// <summary>Finds what a line that starts with <c>#</c> says.</summary>
    /// <param name="c">At the line's start.</param>
    /// <param name="tid">The task that it is about, or 0.</param>
    /// <param name="value">The number that the kind carries.</param>
    /// <returns>The kind; the cursor stands at the body.</returns>
    public static NoteKind Sort(ref Cursor c, out int tid, out ulong value)
    {
        tid = 0;
        value = 0;
        c.Position++;
        NoteKind kind = c.Next switch
        {
            (byte)'S' => NoteKind.Stat,
            (byte)'L' => NoteKind.Limits,
            (byte)'V' => NoteKind.Status,
            (byte)'M' => NoteKind.Map,
            (byte)'!' => NoteKind.NoCopy,
            _ => NoteKind.Comment,
        };
        if (kind != NoteKind.Comment && c.Rest.Length > 1 && c.Rest[1] == ' ')
        {
            c.Position += 2;
            TakeTid(ref c, out tid);
            return kind;
        }

        _ = c.TryTake((byte)' ');
        return SortWords(ref c, out tid, out value);
    }

    /// <summary>Takes the rest of <c>+++ … +++</c> and <c>--- … ---</c>, whose first byte is next.</summary>
    public static NoteKind TakeMark(ref Cursor c, out ulong value)
    {
        value = 0;
        if (c.TryTake("+++ exited with "u8))
        {
            value = c.TakeNumber("the exit status");
            ExpectEnd(ref c, " +++"u8, "+++");
            return NoteKind.Exited;
        }

        if (c.TryTake("+++ killed by "u8))
        {
            value = TakeSignal(ref c);
            _ = c.TryTake(" (core dumped)"u8);
            ExpectEnd(ref c, " +++"u8, "+++");
            return NoteKind.Killed;
        }

        if (c.TryTake("+++ superseded by execve in pid "u8))
        {
            value = c.TakeNumber("the pid");
            ExpectEnd(ref c, " +++"u8, "+++");
            return NoteKind.Superseded;
        }

        if (!c.TryTake("--- "u8))
            throw c.Fail("+++ exited with, +++ killed by or --- and a signal");
        if (c.TryTake("stopped by "u8))
        {
            value = TakeSignal(ref c);
            return NoteKind.Signal;
        }

        value = TakeSignal(ref c);
        if (!c.Text.EndsWith(" ---"u8))
        {
            c.Position = c.Text.Length;
            throw c.Fail("--- after the signal");
        }

        return NoteKind.Signal;
    }

    private static NoteKind SortWords(ref Cursor c, out int tid, out ulong value)
    {
        tid = 0;
        value = 0;
        int body = c.Position;
        if (c.Rest.StartsWith("vm log "u8) || c.Rest.StartsWith("vmfuzz"u8) || c.Rest.StartsWith("vmcases"u8) || c.Rest.StartsWith("malloc trace "u8))
            return NoteKind.Header;
        if (c.TryTake("kernel "u8))
            return NoteKind.Kernel;
        if (c.TryTake("maps "u8))
            return NoteKind.MapsBegin;
        if (c.TryTake("case "u8))
            return NoteKind.Case;
        if (c.TryTake("total minflt "u8))
            return WithNumber(ref c, NoteKind.TotalFaults, body, out value);
        if (c.TryTake("program: "u8))
            return NoteKind.HeapProgram;
        if (c.TryTake("glibc "u8))
            return NoteKind.HeapGlibc;
        if (c.TryTake("GLIBC_TUNABLES="u8))
            return NoteKind.HeapTunables;
        if (c.TryTake("heap start (sbrk(0) at first call) "u8))
            return WithNumber(ref c, NoteKind.HeapStart, body, out value);
        if (c.TryTake("brk "u8))
        {
            NoteKind kind = c.Rest.IndexOf("moved outside"u8) >= 0 ? NoteKind.HeapForeignBreak : NoteKind.HeapBreak;
            return WithNumber(ref c, kind, body, out value);
        }

        if (c.TryTake("final sbrk(0) "u8))
            return WithNumber(ref c, NoteKind.HeapFinalBreak, body, out value);
        if (c.TryTake("end: "u8))
            return NoteKind.HeapEnd;
        if (c.TryTake("lacks: "u8))
            return NoteKind.HeapLacks;
        if (c.TryTake("mallinfo2 "u8))
        {
            int at = c.Rest.IndexOf("after_call="u8);
            var number = c;
            number.Position += Math.Max(0, at + "after_call=".Length);
            return at >= 0 && number.TryTakeDecimal(out value) ? NoteKind.HeapMallinfo2 : NoteKind.Comment;
        }

        return SortMark(ref c, body, out tid, out value);
    }

    // "# 18682 +++ exited with 0 +++": strace's mark, made a comment by the recorder.
    private static NoteKind SortMark(ref Cursor c, int body, out int tid, out ulong value)
    {
        value = 0;
        TakeTid(ref c, out tid);
        if (tid != 0 && c.Rest.StartsWith("+++ "u8))
        {
            int mark = c.Position;
            NoteKind kind = TakeMark(ref c, out value);
            c.Position = mark;
            return kind;
        }

        tid = 0;
        c.Position = body;
        return NoteKind.Comment;
    }

    private static NoteKind WithNumber(ref Cursor c, NoteKind kind, int body, out ulong value)
    {
        int start = c.Position;
        if (c.TryTakeNumber(out value))
        {
            c.Position = start;
            return kind;
        }

        c.Position = body;
        return NoteKind.Comment;
    }

    /// <summary>Takes a pid and the space after it; takes nothing, and gives 0, where a map line starts at once.</summary>
    private static void TakeTid(ref Cursor c, out int tid)
    {
        int start = c.Position;
        tid = 0;
        if (c.TryTakeDecimal(out ulong number) && number <= int.MaxValue && c.TryTake((byte)' '))
            tid = (int)number;
        else
            c.Position = start;
    }

    private static ulong TakeSignal(ref Cursor c)
    {
        int start = c.Position;
        ReadOnlySpan<byte> name = c.TakeName();
        if (StraceSymbols.TryGet(name, out ulong signal) && name.StartsWith("SIG"u8))
            return signal;
        // Real-time signals: strace writes SIGRT_n, whose first is 32 to the kernel.
        if (name.StartsWith("SIGRT_"u8))
        {
            c.Position = start + "SIGRT_".Length;
            return 32 + Math.Min(32, c.TakeNumber("a real-time signal's number"));
        }

        if (name.SequenceEqual("SIGRTMIN"u8))
            return 32;
        c.Position = start;
        throw c.Fail("a signal's name");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ExpectEnd(ref Cursor c, ReadOnlySpan<byte> end, string expected)
    {
        if (!c.Rest.SequenceEqual(end))
            throw c.Fail(expected);
    }
}
