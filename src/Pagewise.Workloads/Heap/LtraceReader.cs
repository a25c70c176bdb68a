using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// Reads ltrace's text, with <c>-f</c> (a pid in front), <c>-r -t -tt -ttt -i -T -n -C</c> and library names or not. Calls that
/// are no allocations are passed over. Where a call stands in two lines, <c>unfinished</c> and <c>resumed</c>, and another
/// call of the family stands between, as malloc in operator new, only the inner one counts.
/// </summary>
internal sealed class LtraceReader(InputBuffer input) : HeapLogReader(
    input, RecordingFormat.Ltrace,
    "the pointers that posix_memalign stores; calls made inside libraries, unless they were traced too (-x 'malloc+calloc+realloc+free+*memalign@libc.so*'); malloc's system calls; where the heap starts")
{
    private const int DepthLimit = 1000;
    private readonly Dictionary<int, List<Pending>> _pending = [];
    private readonly HashSet<int> _otherProcesses = [];

    private record struct Pending(LtraceFunction Function, HeapCallRecord Call, bool IsKnown, bool HasInner);

    /// <summary>Whether a line is a call of the malloc family, or one with its library in front: strace has neither.</summary>
    public static bool IsMark(ReadOnlySpan<byte> line)
    {
        int at = SkipPrefix(line, out _);
        ReadOnlySpan<byte> rest = line[at..];
        if (rest.StartsWith("<... "u8))
            return LtraceFunction.TryGet(ResumedName(rest), out LtraceFunction resumed) && resumed.Form != LtraceForm.Fork;
        int open = NameEnd(rest);
        if (open <= 0)
            return false;
        ReadOnlySpan<byte> name = BareName(rest[..open]);
        return name.Length < open || (LtraceFunction.TryGet(name, out LtraceFunction function) && function.Form != LtraceForm.Fork);
    }

    protected override void TakeLine(ReadOnlySpan<byte> line, EventBatch batch)
    {
        int at = SkipPrefix(line, out int tid);
        var c = new Cursor(line, Lines) { Position = at };
        if (c.AtEnd || _otherProcesses.Contains(tid))
            return;
        if (c.TryTake("+++ "u8))
            TakeEnd(tid, batch);
        else if (c.TryTake("<... "u8))
            TakeResumed(ref c, tid, batch);
        else if (!c.Rest.StartsWith("--- "u8))
            TakeCall(ref c, tid, batch);
    }

    private void TakeCall(ref Cursor c, int tid, EventBatch batch)
    {
        int open = NameEnd(c.Rest);
        if (open <= 0)
            return;
        bool known = LtraceFunction.TryGet(BareName(c.Rest[..open]), out LtraceFunction function);
        c.Position += open + 1;
        bool unfinished = c.Text.EndsWith("<unfinished ...>"u8);
        HeapCallRecord call = default;
        if (known)
            known = TryTakeArguments(ref c, function, out call);
        if (unfinished)
        {
            if (!_pending.TryGetValue(tid, out List<Pending>? stack))
                _pending.Add(tid, stack = []);
            if (stack.Count < DepthLimit)
                stack.Add(new Pending(function, call, known, false));
            return;
        }

        if (known)
            Finish(ref c, tid, function, call, batch);
    }

    // Calls nest, so the one that is resumed is the last that was begun.
    private void TakeResumed(ref Cursor c, int tid, EventBatch batch)
    {
        if (!_pending.TryGetValue(tid, out List<Pending>? stack) || stack.Count == 0)
            return;
        Pending pending = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        if (pending.IsKnown && !pending.HasInner)
            Finish(ref c, tid, pending.Function, pending.Call, batch);
    }

    private void TakeEnd(int tid, EventBatch batch)
    {
        _ = _pending.Remove(tid);
        // A thread's end; the program's own, pid 0 where none is shown, comes last and has nothing to free.
        Add(batch, tid, new HeapCallRecord { Function = HeapFunction.ThreadExit });
    }

    private static bool TryTakeArguments(ref Cursor c, LtraceFunction function, out HeapCallRecord call)
    {
        call = new HeapCallRecord { Function = function.Function, HasResult = true };
        switch (function.Form)
        {
            case LtraceForm.Fork:
                return true;
            case LtraceForm.Strdup:
                call.ArgCount = 1;
                return TryTakeString(ref c, out call.Arg0);
        }

        call.Arg0 = TakeNumber(ref c);
        call.ArgCount = (byte)(function.Form == LtraceForm.One ? 1 : 2);
        if (function.Form == LtraceForm.One)
            return true;
        call.Arg1 = TakeNext(ref c);
        switch (function.Form)
        {
            case LtraceForm.PosixMemalign:
                call.Arg0 = call.Arg1;
                call.Arg1 = TakeNext(ref c);
                break;
            case LtraceForm.Reallocarray:
                call.Arg1 = unchecked(call.Arg1 * TakeNext(ref c));
                break;
            case LtraceForm.AlignedNew:
                (call.Arg0, call.Arg1) = (call.Arg1, call.Arg0);
                break;
        }

        return true;
    }

    private void Finish(ref Cursor c, int tid, LtraceFunction function, HeapCallRecord call, EventBatch batch)
    {
        int equals = c.Rest.LastIndexOf(") "u8);
        int result = equals < 0 ? -1 : c.Rest[equals..].IndexOf("= "u8);
        if (result < 0)
            throw c.Fail(") = and the result");
        c.Position += equals + result + 2;
        ulong value = 0;
        if (!c.TryTake("<void>"u8))
            value = TakeNumber(ref c);
        if (function.Form == LtraceForm.Fork)
        {
            if (value is > 0 and <= int.MaxValue)
                _ = _otherProcesses.Add((int)value);
            return;
        }

        if (function.Form == LtraceForm.PosixMemalign)
        {
            call.HasResult = value != 0;
            call.Error = (Errno)value;
            value = 0;
        }

        call.Result = call.Function == HeapFunction.Free ? 0 : value;
        Add(batch, tid, call);
        if (_pending.TryGetValue(tid, out List<Pending>? stack))
        {
            for (int i = 0; i < stack.Count; i++)
                stack[i] = stack[i] with { HasInner = true };
        }
    }

    private static ulong TakeNext(ref Cursor c)
    {
        c.Expect((byte)',', "a comma and the next argument");
        c.SkipSpaces();
        return TakeNumber(ref c);
    }

    private static ulong TakeNumber(ref Cursor c) => c.TryTake("nil"u8) || c.TryTake("NULL"u8) ? 0 : c.TakeNumber("a number");

    // The length of a copy; not known where ltrace cut the string.
    private static bool TryTakeString(ref Cursor c, out ulong bytes)
    {
        bytes = 1;
        if (!c.TryTake((byte)'"'))
            return false;
        while (!c.AtEnd && c.Next != '"')
        {
            bytes++;
            bool escaped = c.TryTake((byte)'\\');
            int digits = 0;
            while (escaped && digits < 3 && c.Next is >= (byte)'0' and <= (byte)'7')
            {
                c.Position++;
                digits++;
            }

            if (digits == 0)
                c.Position++;
        }

        return c.TryTake((byte)'"') && !c.Rest.StartsWith("..."u8);
    }

    // The pid, the time, the instruction pointer and the indentation, as far as there are any.
    private static int SkipPrefix(ReadOnlySpan<byte> line, out int tid)
    {
        tid = 1;
        int at = 0;
        if (line.StartsWith("[pid "u8))
        {
            at = 5;
            tid = TakePid(line, ref at, (byte)']');
        }
        else
        {
            int digits = 0;
            int pid = TakePid(line, ref digits, (byte)' ');
            if (pid > 0)
                (tid, at) = (pid, digits);
        }

        at = SkipSpaces(line, at);
        int time = at;
        while (time < line.Length && (char.IsAsciiDigit((char)line[time]) || line[time] is (byte)':' or (byte)'.'))
            time++;
        if (time > at && time < line.Length && line[time] == ' ')
            at = SkipSpaces(line, time);
        if (line[at..].StartsWith("[0x"u8) && line[at..].IndexOf((byte)']') is > 0 and int close)
            at = SkipSpaces(line, at + close + 1);
        return at;
    }

    private static int SkipSpaces(ReadOnlySpan<byte> line, int at)
    {
        while (at < line.Length && line[at] == ' ')
            at++;
        return at;
    }

    private static int TakePid(ReadOnlySpan<byte> line, ref int at, byte end)
    {
        long pid = 0;
        int start = at;
        while (at < line.Length && char.IsAsciiDigit((char)line[at]) && pid <= int.MaxValue)
            pid = (pid * 10) + line[at++] - '0';
        if (at == start || at >= line.Length || line[at] != end || pid is 0 or > int.MaxValue)
        {
            at = start;
            return 0;
        }

        at++;
        return (int)pid;
    }

    // Demangled operators have parentheses of their own: "operator new(unsigned long)(41, …".
    private static int NameEnd(ReadOnlySpan<byte> text)
    {
        int open = text.IndexOf((byte)'(');
        if (open > 0 && text[..open].IndexOf("operator "u8) >= 0 && text[open..].IndexOf(")("u8) is > 0 and int close)
            return open + close + 1;
        return open;
    }

    private static ReadOnlySpan<byte> BareName(ReadOnlySpan<byte> name)
    {
        int arrow = name.IndexOf("->"u8);
        if (arrow >= 0)
            name = name[(arrow + 2)..];
        int library = name.IndexOf((byte)'@');
        return library > 0 ? name[..library] : name;
    }

    private static ReadOnlySpan<byte> ResumedName(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf(" resumed>"u8);
        return end < 0 ? default : BareName(text["<... "u8.Length..end]);
    }
}
