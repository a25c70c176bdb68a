using System.Runtime.CompilerServices;
using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// Reads what <c>valgrind --tool=lackey --trace-mem=yes</c> prints: <c>I  ADDR,SIZE</c> an instruction fetch,
/// <c> L</c> a load, <c> S</c> a store, <c> M</c> a load and store of one instruction, which is one access with write
/// intent (on x86 such an instruction takes one write fault, not a read fault and a write fault). Consecutive accesses
/// of one kind to one page become a run; an access across a page end is two. <c>==PID==</c> lines are notes. With
/// <c>--trace-syscalls=yes</c> the system calls stand between the accesses (<see cref="ValgrindCalls"/>).
/// </summary>
internal sealed class LackeyReader : RecordingReader
{
    private const ulong PageMask = ~4095UL;
    private const ulong LongestAccess = 4096;

    private readonly LineReader _lines;
    private readonly ValgrindCalls _calls;
    private int _tid;

    public LackeyReader(InputBuffer input)
        : base(input.File, RecordingFormat.Lackey)
    {
        _lines = new LineReader(input);
        _calls = new ValgrindCalls(Strings, _lines, CountUnknown);
    }

    private protected override bool ReadCore(EventBatch batch)
    {
        while (!batch.IsFull)
        {
            if (!_lines.TryRead(out ReadOnlySpan<byte> line))
                return false;
            TakeLine(line, batch);
        }

        return true;
    }

    private protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lines.Dispose();
    }

    private void TakeLine(ReadOnlySpan<byte> line, EventBatch batch)
    {
        if (TryTakeAccess(line, out ulong address, out uint size, out AccessKind kind))
        {
            Add(batch, address, kind);
            ulong last = address + size - 1;
            if (((address ^ last) & PageMask) != 0)
                Add(batch, last & PageMask, kind);
        }
        else
        {
            TakeOther(line, batch);
        }
    }

    /// <summary>The common line; false where anything about it is not as lackey prints it.</summary>
    private static bool TryTakeAccess(ReadOnlySpan<byte> line, out ulong address, out uint size, out AccessKind kind)
    {
        address = 0;
        size = 0;
        kind = AccessKind.Read;
        if (line.Length < 6 || line[2] != ' ')
            return false;
        switch ((line[0] << 8) | line[1])
        {
            case ('I' << 8) | ' ':
                kind = AccessKind.Execute;
                break;
            case (' ' << 8) | 'L':
                break;
            case (' ' << 8) | 'S' or (' ' << 8) | 'M':
                kind = AccessKind.Write;
                break;
            default:
                return false;
        }

        int at = 3;
        int digit;
        while ((uint)at < (uint)line.Length && (digit = Cursor.HexDigit(line[at])) >= 0)
        {
            address = (address << 4) | (uint)digit;
            at++;
        }

        if (at is 3 or > 19 || (uint)at >= (uint)line.Length || line[at] != ',')
            return false;
        for (at++; (uint)at < (uint)line.Length; at++)
        {
            uint value = (uint)line[at] - '0';
            if (value > 9 || size > LongestAccess)
                return false;
            size = (size * 10) + value;
        }

        return size is > 0 and <= (uint)LongestAccess && address + size - 1 >= address;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(EventBatch batch, ulong address, AccessKind kind)
    {
        Column<AccessRun> runs = batch.AccessRuns;
        Column<Event> events = batch.Events;
        if (events.Count > 0 && events[events.Count - 1].Kind == EventKind.Access)
        {
            ref AccessRun run = ref runs[runs.Count - 1];
            if (run.Kind == kind && ((run.Address ^ address) & PageMask) == 0 && run.Count < uint.MaxValue)
            {
                run = run with { Count = run.Count + 1 };
                return;
            }

            ref Event last = ref events[events.Count - 1];
            last = last with { Count = last.Count + 1 };
        }
        else
        {
            events.Add(new Event(EventKind.Access, runs.Count, 1, _tid, _lines.LineNumber));
        }

        runs.Add(new AccessRun(address, 1, kind));
    }

    private void TakeOther(ReadOnlySpan<byte> line, EventBatch batch)
    {
        var c = new Cursor(line, _lines);
        if (c.TryTake("=="u8) || c.TryTake("--"u8))
        {
            ReadOnlySpan<byte> mark = line[..2];
            if (!c.TryTakeDecimal(out ulong pid) || pid > int.MaxValue || !c.TryTake(mark))
                throw c.Fail("==PID==");
            _tid = (int)pid;
            _ = c.TryTake((byte)' ');
            NoteParser.Add(batch, line, _lines.LineNumber, NoteKind.Tool, c.Position, _tid, 0);
        }
        else if (c.Rest.StartsWith("SYSCALL["u8) || c.Rest.StartsWith(" --> "u8))
        {
            _calls.Take(ref c, batch);
            if (!c.AtEnd)
                TakeLine(c.Rest, batch);
        }
        else if (!line.Trim((byte)' ').IsEmpty)
        {
            c.Position = line.Length > 2 && line[2] == ' ' ? 3 : 0;
            throw c.Fail("I, L, S or M, an address, a comma and a size up to 4096, or ==PID==, or SYSCALL[");
        }
    }
}
