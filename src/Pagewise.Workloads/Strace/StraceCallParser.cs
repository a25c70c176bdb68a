using System.Runtime.InteropServices;
using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>Decodes one call, <c>name(arguments) = result</c>, into numbers.</summary>
internal sealed class StraceCallParser
{
    private const string AnArgument = "a comma or the bracket that ends the arguments";

    private readonly StringTable _strings;
    private readonly Column<byte> _text = new(4096);
    private readonly Column<int> _words = new(64);

    public StraceCallParser(StringTable strings) => _strings = strings;

    /// <summary>Takes the rest of a call whose name and opening bracket were taken.</summary>
    /// <param name="c">After the opening bracket.</param>
    /// <param name="known">The call.</param>
    /// <param name="name">The name's string id.</param>
    /// <param name="isOpen">Whether the text stops where the call was cut: no result follows.</param>
    /// <param name="batch">Where the call and its payload go.</param>
    /// <returns>The call's index in the batch.</returns>
    public int Take(ref Cursor c, KnownCall known, int name, bool isOpen, EventBatch batch)
    {
        var call = new CallRecord { Sysno = known.Sysno, Name = name };
        if (known.Has(CallTraits.Mmap2))
            call.Flags |= CallFlags.Mmap2;
        bool complete = TakeArguments(ref c, known, isOpen, batch, ref call);
        if (known.Has(CallTraits.Forks) && call.PayloadKind == PayloadKind.None)
            SetCloneArguments(batch, ref call);
        if (!complete)
            call.Flags |= CallFlags.ArgumentsIncomplete;
        if (!isOpen)
        {
            TakeResult(ref c, this, ref call);
            if (complete && call.ArgCount < known.MinimumArguments)
                throw c.Fail($"{known.MinimumArguments} arguments of {_strings.GetString(name)}, there are {call.ArgCount}");
        }

        batch.Calls.Add(call);
        return batch.Calls.Count - 1;
    }

    /// <summary>Takes a call that has no decoder: only its name and result.</summary>
    public static int TakeUnknown(ref Cursor c, int name, bool isOpen, EventBatch batch)
    {
        var call = new CallRecord { Sysno = Sysno.Unknown, Name = name, Flags = CallFlags.ArgumentsIncomplete };
        if (!isOpen)
        {
            int equals = c.Rest.LastIndexOf(" = "u8);
            if (equals < 0)
            {
                c.Position = c.Text.Length;
                throw c.Fail("the call's result, \" = \"");
            }

            c.Position += equals;
            TakeResult(ref c, null, ref call);
        }

        batch.Calls.Add(call);
        return batch.Calls.Count - 1;
    }

    private bool TakeArguments(ref Cursor c, KnownCall known, bool isOpen, EventBatch batch, ref CallRecord call)
    {
        bool complete = true;
        int index = 0;
        while (true)
        {
            c.SkipSpaces();
            if (c.AtEnd && isOpen)
                return false;
            if (c.Rest.StartsWith("<unfinished"u8))
            {
                // "<... read resumed> <unfinished ...>) = ?": the task was killed in the call.
                int bracket = c.Rest.IndexOf((byte)')');
                c.Position = bracket < 0 ? c.Text.Length : c.Position + bracket;
                c.Expect((byte)')', "the bracket that ends the arguments");
                return false;
            }

            if (c.TryTake((byte)')'))
                return complete;
            if (c.TryTake("..."u8))
            {
                complete = false;
            }
            else
            {
                complete &= TakeArgument(ref c, known, ref index, batch, ref call);
                index++;
            }

            StraceText.SkipComment(ref c);
            if (!c.TryTake((byte)',') && c.Next != ')' && !(isOpen && c.AtEnd) && !c.Rest.StartsWith("<unfinished"u8))
                throw c.Fail(AnArgument);
        }
    }

    private bool TakeArgument(ref Cursor c, KnownCall known, ref int index, EventBatch batch, ref CallRecord call)
    {
        ulong value = 0;
        bool complete = true;
        switch (c.Next)
        {
            case (byte)'"':
                TakeStringArgument(ref c, known, batch, ref call);
                break;
            case (byte)'[':
                if (known.Sysno == Sysno.Mincore)
                    TakeVector(ref c, batch, ref call);
                else if (known.Sysno == Sysno.Execve && index == 1)
                    TakeWords(ref c, batch, ref call);
                else if (known.Sysno is Sysno.Mbind or Sysno.SetMempolicy)
                    value = TakeNodeMask(ref c);
                else
                    StraceText.SkipValue(ref c);
                break;
            case (byte)'{' when known.Sysno is Sysno.Nanosleep or Sysno.ClockNanosleep:
                value = StraceStruct.TakeDuration(ref c);
                break;
            case (byte)'{':
                TakeStructArgument(ref c, known.Sysno, index, batch, ref call);
                break;
            case (byte)'@':
                StraceText.SkipValue(ref c);
                break;
            default:
                int register = index;
                if (known.Sysno == Sysno.Clone)
                    register = TakeCloneName(ref c, index);
                if (c.Next == '[')
                {
                    StraceText.SkipValue(ref c);
                    break;
                }

                value = StraceNumber.Take(ref c, out int unknown);
                complete = CheckSymbols(ref c, known, unknown);
                if (c.Next == '<' && !c.Rest.StartsWith("<unfinished"u8))
                    TakeFile(ref c, ref call);
                Store(ref call, register, value);
                return complete;
        }

        SkipOutput(ref c);
        Store(ref call, index, value);
        return complete;
    }

    // "{…} => {…}": what the kernel wrote over the argument.
    private static void SkipOutput(ref Cursor c)
    {
        if (c.TryTake(" => "u8))
            StraceText.SkipValue(ref c);
    }

    private static void Store(ref CallRecord call, int register, ulong value)
    {
        if ((uint)register >= CallArguments.Count)
            return;
        call.Args[register] = value;
        call.ArgCount = (byte)Math.Max(call.ArgCount, register + 1);
    }

    private static bool CheckSymbols(ref Cursor c, KnownCall known, int unknown)
    {
        if (unknown < 0)
            return true;
        if (!known.Has(CallTraits.Exact))
            return false;
        c.Position = unknown;
        throw c.Fail("a constant that Pagewise knows, or its number");
    }

    // strace prints clone's arguments by name, in the order of the C library's function.
    private static int TakeCloneName(ref Cursor c, int index)
    {
        int start = c.Position;
        ReadOnlySpan<byte> name = c.TakeName();
        if (!c.TryTake((byte)'='))
        {
            c.Position = start;
            return index;
        }

        if (name.SequenceEqual("flags"u8))
            return 0;
        if (name.SequenceEqual("child_stack"u8))
            return 1;
        if (name.StartsWith("parent_tid"u8))
            return 2;
        if (name.StartsWith("child_tid"u8))
            return 3;
        return name.SequenceEqual("tls"u8) ? 4 : CallArguments.Count;
    }

    private void TakeStringArgument(ref Cursor c, KnownCall known, EventBatch batch, ref CallRecord call)
    {
        if (known.Has(CallTraits.Named) && call.Path == 0)
        {
            _text.Clear();
            if (StraceText.TakeString(ref c, _text))
                call.Flags |= CallFlags.PathTruncated;
            call.Path = Intern(ref c, _text.Span);
        }
        else if (known.Has(CallTraits.Writes) && call.PayloadKind == PayloadKind.None)
        {
            call.PayloadOffset = batch.Bytes.Count;
            if (StraceText.TakeString(ref c, batch.Bytes))
                call.Flags |= CallFlags.PayloadTruncated;
            call.PayloadKind = PayloadKind.Bytes;
            call.PayloadLength = batch.Bytes.Count - call.PayloadOffset;
        }
        else
        {
            StraceText.SkipString(ref c);
        }
    }

    private void TakeFile(ref Cursor c, ref CallRecord call)
    {
        ReadOnlySpan<byte> file = StraceText.TakeAnnotation(ref c);
        if (call.FdPath == 0)
            call.FdPath = InternFile(ref c, file);
        if (c.TryTake("(deleted)"u8))
            call.Flags |= CallFlags.FdDeleted;
    }

    // In a file annotation strace escapes what would end it: a backslash and up to three octal digits.
    private int InternFile(ref Cursor c, scoped ReadOnlySpan<byte> file)
    {
        if (!file.Contains((byte)'\\'))
            return Intern(ref c, file);
        _text.Clear();
        for (int i = 0; i < file.Length; i++)
        {
            if (file[i] != '\\' || i + 1 == file.Length || !IsOctal(file[i + 1]))
            {
                _text.Add(file[i]);
                continue;
            }

            int value = 0;
            for (int digits = 0; digits < 3 && i + 1 < file.Length && IsOctal(file[i + 1]); digits++)
                value = (value * 8) + file[++i] - '0';
            _text.Add((byte)value);
        }

        return Intern(ref c, _text.Span);
    }

    private static bool IsOctal(byte value) => value is >= (byte)'0' and <= (byte)'7';

    private static void TakeVector(ref Cursor c, EventBatch batch, ref CallRecord call)
    {
        c.Position++;
        call.PayloadOffset = batch.Bytes.Count;
        while (!c.TryTake((byte)']'))
        {
            if (c.TryTake("..."u8))
                call.Flags |= CallFlags.PayloadTruncated;
            else
                batch.Bytes.Add((byte)c.TakeNumber("a page's residency, 0 or 1"));
            if (!c.TryTake((byte)',') && c.Next != ']')
                throw c.Fail("the vector's ]");
            c.SkipSpaces();
        }

        call.PayloadKind = PayloadKind.Bytes;
        call.PayloadLength = batch.Bytes.Count - call.PayloadOffset;
    }

    // "[0x0000000000000003]": a word for each 64 nodes, lowest first; the nodes beyond are not modelled.
    private static ulong TakeNodeMask(ref Cursor c)
    {
        Cursor mask = c;
        StraceText.SkipValue(ref c);
        mask.Position++;
        return mask.Next == ']' ? 0 : mask.TakeNumber("the node mask");
    }

    private void TakeWords(ref Cursor c, EventBatch batch, ref CallRecord call)
    {
        c.Position++;
        _words.Clear();
        while (!c.TryTake((byte)']'))
        {
            _text.Clear();
            if (c.TryTake("..."u8) || (c.Next == '"' && StraceText.TakeString(ref c, _text)))
                call.Flags |= CallFlags.PayloadTruncated;
            else if (_text.Count == 0 && c.Next is not ((byte)',' or (byte)']' or (byte)' '))
                StraceText.SkipValue(ref c);
            if (_text.Count > 0 || c.Text[c.Position - 1] == '"')
                _words.Add(Intern(ref c, _text.Span));
            if (!c.TryTake((byte)',') && c.Next != ']')
                throw c.Fail("the argument vector's ]");
            c.SkipSpaces();
        }

        call.PayloadKind = PayloadKind.ArgumentVector;
        call.PayloadOffset = batch.Bytes.Count;
        ReadOnlySpan<byte> ids = MemoryMarshal.AsBytes(_words.Span);
        call.PayloadLength = ids.Length;
        ids.CopyTo(batch.Bytes.AddMany(ids.Length));
    }

    private static void TakeStructArgument(ref Cursor c, Sysno sysno, int index, EventBatch batch, ref CallRecord call)
    {
        switch (sysno)
        {
            case Sysno.Stat or Sysno.Fstat or Sysno.Lstat or Sysno.Newfstatat or Sysno.Statx when call.PayloadKind == PayloadKind.None:
                StraceStruct.TakeFileStatus(ref c, out CallFileStatus status);
                batch.SetPayload(ref call, PayloadKind.FileStatus, status);
                break;
            case Sysno.Prlimit64 or Sysno.Setrlimit or Sysno.Getrlimit:
                bool isNew = sysno == Sysno.Setrlimit || (sysno == Sysno.Prlimit64 && index == 2);
                CallLimits limits = batch.Limits(call);
                Rlimit limit = StraceStruct.TakeLimit(ref c);
                if (isNew)
                    (limits.HasNew, limits.New) = (true, limit);
                else
                    (limits.HasOld, limits.Old) = (true, limit);
                batch.SetPayload(ref call, PayloadKind.Limits, limits);
                break;
            case Sysno.Clone3 when call.PayloadKind == PayloadKind.None:
                StraceStruct.TakeCloneArguments(ref c, out CallCloneArguments clone);
                batch.SetPayload(ref call, PayloadKind.CloneArguments, clone);
                break;
            default:
                StraceText.SkipValue(ref c);
                break;
        }
    }

    /// <summary>Says in clone3's terms what fork, vfork or clone with these arguments makes.</summary>
    public static void SetCloneArguments(EventBatch batch, ref CallRecord call)
    {
        const ulong SignalMask = 0xff;
        const ulong CloneVm = 0x100;
        const ulong CloneVfork = 0x4000;
        CallCloneArguments clone = call.Sysno switch
        {
            Sysno.Fork => new() { ExitSignal = (ulong)Signal.Chld },
            Sysno.Vfork => new() { Flags = CloneVm | CloneVfork, ExitSignal = (ulong)Signal.Chld },
            _ => new()
            {
                Flags = call.Args[0] & ~SignalMask,
                ExitSignal = call.Args[0] & SignalMask,
                Stack = call.Args[1],
                ParentTid = call.Args[2],
                ChildTid = call.Args[3],
                Tls = call.Args[4],
            },
        };
        batch.SetPayload(ref call, PayloadKind.CloneArguments, clone);
    }

    /// <summary>Takes <c> = 3&lt;/file&gt;</c>, <c> = -1 ENOMEM (…)</c>, <c> = ?</c>.</summary>
    private static void TakeResult(ref Cursor c, StraceCallParser? parser, ref CallRecord call)
    {
        c.SkipSpaces();
        c.Expect((byte)'=', "= and the call's result");
        c.SkipSpaces();
        if (c.TryTake((byte)'?'))
        {
            call.Flags |= CallFlags.ResultUnknown;
            return;
        }

        ulong value = c.TakeNumber("the call's result");
        call.Result = unchecked((long)value);
        call.Flags |= CallFlags.HasResult;
        if (c.Next == '<' && parser is not null)
        {
            call.ResultPath = parser.InternFile(ref c, StraceText.TakeAnnotation(ref c));
        }
        else if (call.Result == -1 && c.TryTake((byte)' '))
        {
            if (c.TryTake("(errno "u8))
            {
                call.Result = -(long)Math.Min(4095, c.TakeNumber("an error number"));
                c.Expect((byte)')', ") after the error number");
            }
            else if (c.Next == 'E')
            {
                int start = c.Position;
                if (!ErrnoNames.TryGet(c.TakeName(), out Errno errno))
                {
                    c.Position = start;
                    throw c.Fail("an error's name");
                }

                call.Result = -(long)errno;
            }
        }

        // What may follow: "(Cannot allocate memory)", "/* … */", "(in [3])", "<0.000012>" of -T.
        if (!c.AtEnd && c.Next is not ((byte)' ' or (byte)'(' or (byte)'<'))
            throw c.Fail("the end of the call's result");
    }

    private int Intern(ref Cursor c, scoped ReadOnlySpan<byte> text)
    {
        int id = _strings.Intern(text);
        return id != 0 ? id : throw c.Fail($"at most {StringTable.ByteLimit >> 20} MiB of distinct names in one recording");
    }
}
