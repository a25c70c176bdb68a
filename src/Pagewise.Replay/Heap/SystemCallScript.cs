using Pagewise.Abi;
using Pagewise.Malloc;
using Pagewise.Malloc.Flat;
using Pagewise.Replay.Comparing;

namespace Pagewise.Replay.Heap;

/// <summary>
/// The recorded system calls of the malloc call that is running, in order. Recordings without system calls are told by
/// the first call of malloc's that has none: from then on the flat address space answers by itself.
/// </summary>
internal sealed class SystemCallScript(FlatAddressSpace space, ResultLog log)
{
    private static readonly Queue<Line> Nothing = new();
    private Queue<Line> _lines = Nothing;
    private bool? _isRecorded;

    public readonly record struct Line(long Number, ScriptedCall Call, SysResult Result);

    public FlatAddressSpace Space { get; } = space;

    /// <summary>Whether the recording has system calls; null while nobody knows.</summary>
    public bool? IsRecorded => _isRecorded;

    /// <summary>Where calls go that are made while a thread ends: its lines come later.</summary>
    public Queue<ScriptedCall>? Collect { get; set; }

    /// <summary>The line of the call that is running.</summary>
    public long CurrentLine { get; private set; }

    public void Begin(long line, Queue<Line>? lines)
    {
        CurrentLine = line;
        _lines = lines ?? Nothing;
    }

    /// <summary>The call is over: what the recording has more of is missing in the model.</summary>
    public void End()
    {
        while (_lines.TryDequeue(out Line line))
            log.Differs(line.Number, "system call", $"{line.Call}", "none");
    }

    /// <summary>How many recorded results put memory where none can be.</summary>
    public long ImpossibleCount { get; private set; }

    /// <summary>Counts a recorded result that puts memory where none can be; gives <paramref name="instead"/> back.</summary>
    public ulong Impossible(ulong instead)
    {
        ImpossibleCount++;
        return instead;
    }

    /// <summary>Compares a call that malloc makes; false when the recording has no result for it.</summary>
    public bool Next(ScriptedCall call, out SysResult result)
    {
        result = default;
        if (Collect is not null)
        {
            Collect.Enqueue(call);
            return false;
        }

        _isRecorded ??= _lines.Count > 0;
        if (_isRecorded == false)
            return false;
        if (!_lines.TryPeek(out Line line))
        {
            log.Differs(CurrentLine, "system call", "none", $"{call}");
            return false;
        }

        if (line.Call.Call != call.Call)
        {
            log.Differs(line.Number, "system call", $"{line.Call}", $"{call}");
            return false;
        }

        _ = _lines.Dequeue();
        _ = log.Compare(line.Number, "system call", line.Call, call);
        result = line.Result;
        return true;
    }
}
