using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// The system calls that <c>valgrind --trace-syscalls=yes</c> prints between lackey's lines:
/// <c>SYSCALL[PID,THREAD](NUMBER) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --&gt; [pre-success] Success(0x4835000)</c>.
/// A call that may block has its result on a later line of the same thread, <c>... [async] --&gt; Success(0x3)</c>; it is
/// placed there. Files are known by the path that opened their descriptor.
/// </summary>
internal sealed class ValgrindCalls
{
    private readonly StringTable _strings;
    private readonly LineReader _lines;
    private readonly Action<int> _countUnknown;
    private readonly Dictionary<int, (CallRecord Call, bool IsKnown)> _pending = [];
    private readonly Dictionary<ulong, int> _files = [];
    private readonly SortedList<int, int> _tids = [];
    private int _lastThread;
    private int _pid;

    public ValgrindCalls(StringTable strings, LineReader lines, Action<int> countUnknown)
    {
        _strings = strings;
        _lines = lines;
        _countUnknown = countUnknown;
    }

    /// <summary>Takes a line that begins with <c>SYSCALL[</c> or <c> --&gt; </c>, up to where another line was printed into it.</summary>
    /// <param name="c">At the line's start; afterwards at what is left.</param>
    /// <param name="batch">Where a finished call goes.</param>
    public void Take(ref Cursor c, EventBatch batch)
    {
        int thread = _lastThread;
        if (c.TryTake("SYSCALL["u8))
        {
            _pid = TakeInt(ref c, "the process");
            c.Expect((byte)',', "a comma and the thread");
            thread = TakeInt(ref c, "the thread");
            if (!c.TryTake("]("u8))
                throw c.Fail("]( and the call's number");
            _ = TakeInt(ref c, "the call's number");
            if (!c.TryTake(") "u8))
                throw c.Fail(") after the call's number");
            _lastThread = thread;
            if (!c.TryTake("... [async]"u8))
                TakeCall(ref c, thread);
        }

        c.SkipSpaces();
        if (c.Rest.IndexOf("created child"u8) >= 0)
        {
            // "fork: process 1 created child 2"; the result is on the next line.
            c.Position = c.Text.Length;
            return;
        }

        _ = c.TryTake("[sync] "u8);
        if (!c.TryTake("--> "u8))
        {
            if (!c.AtEnd)
                throw c.Fail("--> and the call's result");
            return;
        }

        TakeResult(ref c, thread, batch);
    }

    private void TakeCall(ref Cursor c, int thread)
    {
        if (c.TryTake("unimplemented"u8))
        {
            _pending[thread] = (new CallRecord { Sysno = Sysno.Unknown, Name = Intern(ref c, "ni_syscall"u8), Flags = CallFlags.ArgumentsIncomplete }, false);
            int end = c.Rest.IndexOf("(ni_syscall)"u8);
            c.Position = end < 0 ? c.Text.Length : c.Position + end + "(ni_syscall)".Length;
            return;
        }

        _ = c.TryTake("sys_"u8);
        ReadOnlySpan<byte> name = c.TakeName();
        if (name.IsEmpty)
            throw c.Fail("the call's name");
        var call = new CallRecord { Sysno = Sysno.Unknown, Name = Intern(ref c, name) };
        bool isKnown = KnownCall.TryGet(name, out KnownCall known) && !known.Has(CallTraits.Touch);
        if (isKnown)
            call.Sysno = known.Sysno;
        if (!TryTakeArguments(ref c, known, isKnown, ref call))
        {
            // valgrind has a notation of its own for many calls; only those that decide about memory have to be read.
            if (known.Has(CallTraits.Exact))
                throw c.Fail("the call's arguments, numbers in round brackets");
            call.Flags |= CallFlags.ArgumentsIncomplete;
            int end = c.Rest.IndexOf("--> "u8);
            c.Position = end < 0 ? c.Text.Length : c.Position + end;
        }

        _pending[thread] = (call, isKnown);
    }

    private bool TryTakeArguments(ref Cursor c, KnownCall known, bool isKnown, ref CallRecord call)
    {
        c.SkipSpaces();
        if (!isKnown || !c.TryTake((byte)'('))
            return false;
        for (int index = 0; ; index++)
        {
            c.SkipSpaces();
            if (c.TryTake((byte)')'))
                return true;
            if (!TryTakeArgument(ref c, known, index, ref call))
                return false;
            c.SkipSpaces();
            if (!c.TryTake((byte)',') && c.Next != ')')
                return false;
        }
    }

    private bool TryTakeArgument(ref Cursor c, KnownCall known, int index, ref CallRecord call)
    {
        // clone's arguments and arch_prctl's second one are hexadecimal without 0x.
        bool isHex = (known.Sysno == Sysno.Clone && index == 0) || (known.Sysno == Sysno.ArchPrctl && index == 1);
        ulong value;
        if (isHex && !c.Rest.StartsWith("0x"u8))
        {
            if (!c.TryTakeHexDigits(out value))
                return false;
        }
        else if (!c.TryTakeNumber(out value))
        {
            return false;
        }

        if (IsInt(known.Sysno, index) && value <= uint.MaxValue)
            value = (ulong)(int)value;
        if (c.TryTake((byte)'('))
        {
            int end = c.Rest.IndexOf("),"u8);
            int last = c.Rest.IndexOf(") )"u8);
            int length = end < 0 || (last >= 0 && last < end) ? last : end;
            if (length < 0)
                return false;
            if (known.Has(CallTraits.Named) && call.Path == 0 && length > 0)
                call.Path = Intern(ref c, c.Rest[..length]);
            c.Position += length + 1;
        }

        if (index < CallArguments.Count)
        {
            call.Args[index] = value;
            call.ArgCount = (byte)(index + 1);
        }

        return true;
    }

    // Descriptors and pids are int: valgrind prints them as unsigned.
    private static bool IsInt(Sysno sysno, int index) => sysno switch
    {
        Sysno.Mmap => index == 4,
        Sysno.Openat or Sysno.Newfstatat or Sysno.Statx or Sysno.Unlinkat or Sysno.Execveat or Sysno.Wait4 => index == 0,
        _ => false,
    };

    private void TakeResult(ref Cursor c, int thread, EventBatch batch)
    {
        _ = c.TryTake("[async] ..."u8) || c.TryTake("[pre-success] "u8) || c.TryTake("[pre-fail] "u8);
        c.SkipSpaces();
        if (c.AtEnd)
            return;
        bool success = c.TryTake("Success("u8);
        bool returned = success || c.TryTake("Failure("u8);
        ulong value = 0;
        if (returned)
        {
            value = c.TakeNumber("the call's result");
            c.Expect((byte)')', ") after the call's result");
        }
        else if (!c.TryTake("NoWriteResult"u8))
        {
            throw c.Fail("Success( or Failure(");
        }

        _ = c.TryTake((byte)' ');
        if (!_pending.Remove(thread, out (CallRecord Call, bool IsKnown) entry))
            throw c.Fail("the result of a call that this thread began");
        ref CallRecord call = ref entry.Call;
        call.Flags |= returned ? CallFlags.HasResult : CallFlags.ResultUnknown;
        call.Result = success ? (long)value : -(long)Math.Min(4095, value);
        bool exits = call.Sysno is Sysno.Exit or Sysno.ExitGroup;
        if (exits)
            call.Flags = (call.Flags & ~CallFlags.HasResult) | CallFlags.ResultUnknown;
        Place(ref call, thread, batch);
        if (!entry.IsKnown)
            _countUnknown(call.Name);
        if (exits)
            _tids.Remove(thread);
    }

    private void Place(ref CallRecord call, int thread, EventBatch batch)
    {
        if (!_tids.TryGetValue(thread, out int tid))
            _tids[thread] = tid = _pid;
        TrackFiles(ref call);
        if (call.Sysno is Sysno.Clone or Sysno.Fork or Sysno.Vfork)
        {
            StraceCallParser.SetCloneArguments(batch, ref call);
            TrackThread(batch.CloneArguments(call).Flags, call.Result);
        }

        batch.Events.Add(new Event(EventKind.Call, batch.Calls.Count, 1, tid, _lines.LineNumber));
        batch.Calls.Add(call);
    }

    // valgrind numbers threads by the lowest number that is free.
    private void TrackThread(ulong cloneFlags, long tid)
    {
        const ulong CloneThread = 0x10000;
        if ((cloneFlags & CloneThread) == 0 || tid is <= 0 or > int.MaxValue)
            return;
        int thread = 1;
        while (_tids.ContainsKey(thread))
            thread++;
        _tids[thread] = (int)tid;
    }

    private void TrackFiles(ref CallRecord call)
    {
        ulong result = (ulong)call.Result;
        bool succeeded = call.Result >= 0;
        switch (call.Sysno)
        {
            case Sysno.Open or Sysno.Openat or Sysno.Openat2 or Sysno.Creat or Sysno.MemfdCreate when succeeded:
                _files[result] = call.ResultPath = call.Path;
                break;
            case Sysno.Dup or Sysno.Dup2 or Sysno.Dup3 when succeeded:
                call.FdPath = _files.GetValueOrDefault(call.Args[0]);
                _files[result] = call.ResultPath = call.FdPath;
                break;
            case Sysno.Close:
                _files.Remove(call.Args[0], out call.FdPath);
                break;
            case Sysno.Mmap:
                call.FdPath = _files.GetValueOrDefault(call.Args[4]);
                break;
            case Sysno.Read or Sysno.Write or Sysno.Pread64 or Sysno.Pwrite64 or Sysno.Fstat or Sysno.Newfstatat or Sysno.Lseek or Sysno.Ftruncate:
                call.FdPath = _files.GetValueOrDefault(call.Args[0]);
                break;
        }
    }

    private int Intern(ref Cursor c, scoped ReadOnlySpan<byte> text)
    {
        int id = _strings.Intern(text);
        return id != 0 ? id : throw c.Fail($"at most {StringTable.ByteLimit >> 20} MiB of distinct names in one recording");
    }

    private static int TakeInt(ref Cursor c, string expected)
    {
        int start = c.Position;
        if (c.TryTakeDecimal(out ulong value) && value <= int.MaxValue)
            return (int)value;
        c.Position = start;
        throw c.Fail(expected);
    }
}
