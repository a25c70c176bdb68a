using System.Globalization;
using System.Text;
using Pagewise.Abi;

namespace Pagewise.Workloads.Tests.Recorders;

/// <summary>Which pages a recording's maps and calls have mapped so far: a set of pages, the naive way.</summary>
internal sealed class MappedRanges
{
    private const ulong StackLimit = 8 << 20;

    private readonly HashSet<ulong> _pages = [];
    private ulong _stackEnd;
    private ulong _break;

    public long Outside { get; private set; }

    public long Inside { get; private set; }

    public ulong FirstOutside { get; private set; }

    public void Take(EventBatch batch)
    {
        foreach (Event item in batch.Events.Span)
        {
            switch (item.Kind)
            {
                case EventKind.Note when batch.Notes[item.Index].Kind == NoteKind.Map:
                    TakeMap(Encoding.ASCII.GetString(batch.Body(batch.Notes[item.Index])));
                    break;
                case EventKind.Call:
                    TakeCall(batch.Calls[item.Index]);
                    break;
                case EventKind.Access:
                    foreach (AccessRun run in batch.AccessRuns.Span.Slice(item.Index, item.Count))
                        Look(run);
                    break;
            }
        }
    }

    private void Look(AccessRun run)
    {
        bool inStack = run.Address < _stackEnd && run.Address >= _stackEnd - StackLimit;
        if (inStack || _pages.Contains(run.Address >> 12))
        {
            Inside += run.Count;
            return;
        }

        if (Outside == 0)
            FirstOutside = run.Address;
        Outside += run.Count;
    }

    private void TakeMap(string line)
    {
        string[] range = line.Split(' ')[0].Split('-');
        ulong start = ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        ulong end = ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (line.EndsWith("[stack]", StringComparison.Ordinal))
            _stackEnd = end;
        else
            Set(start, end - start, true);
    }

    private void TakeCall(in CallRecord call)
    {
        if (call.Result < 0)
            return;
        ulong result = (ulong)call.Result;
        switch (call.Sysno)
        {
            case Sysno.Mmap:
                Set(result, call.Args[1], true);
                break;
            case Sysno.Munmap:
                Set(call.Args[0], call.Args[1], false);
                break;
            case Sysno.Mremap:
                Set(call.Args[0], call.Args[1], false);
                Set(result, call.Args[2], true);
                break;
            case Sysno.Brk:
                if (_break != 0 && result > _break)
                    Set(_break, result - _break, true);
                else if (_break != 0 && result < _break)
                    Set((result + 4095) & ~4095UL, _break - result, false);
                _break = result;
                break;
        }
    }

    private void Set(ulong start, ulong length, bool mapped)
    {
        for (ulong page = start >> 12; page < (start + length + 4095) >> 12; page++)
        {
            if (mapped)
                _pages.Add(page);
            else
                _pages.Remove(page);
        }
    }
}
