using Pagewise.Abi;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>
/// Calls of threads that were in the kernel at once. strace tells when each began and when it was seen to end, not in
/// which order they took effect; where a mapping goes tells.
/// </content>
public sealed partial class Replayer
{
    // Calls that take longer than this many events are not looked for.
    private const int InFlightEvents = 1024;

    // Events of the batch that were replayed before their turn.
    private readonly HashSet<int> _advanced = [];
    private int _position;

    /// <summary>
    /// A hintless mmap went elsewhere than recorded, and other calls of the address space were in flight with it: takes
    /// the mapping back and replays the first of them that explains the place, if one does.
    /// </summary>
    private bool LetAnotherGoFirst(ReplayTask task, ref CallRecord call, SysResult result)
    {
        if (_mode != ReplayMode.Check || result.IsError || call.SysResult.IsError || call.Args[0] != 0)
            return false;
        ulong length = PageUp(call.Args[1]);
        long line = Line;
        int end = Math.Min(_batch.Events.Count, _position + InFlightEvents);
        _calls.Munmap(task.Task, result.Address, length);
        for (int i = _position + 1; i < end; i++)
        {
            Event other = _batch.Events[i];
            if (other.Kind != EventKind.Call || _advanced.Contains(i))
                continue;
            ref CallRecord that = ref _batch.Calls[other.Index];
            bool isInFlight = that.Has(CallFlags.InFlight) && other.Line - that.LinesInFlight < line;
            if (!isInFlight || !_tasks.TryGetValue(other.Tid, out ReplayTask? thread) || thread.Space != task.Space)
                continue;
            if (!Explains(thread, ref that, call.SysResult.Address, length))
                continue;
            _advanced.Add(i);
            int position = _position;
            _position = i;
            Replay(other);
            _position = position;
            Line = line;
            return true;
        }

        // None does: the mapping goes back, to be compared as it is.
        _calls.Mmap(task.Task, result.Address, length, (Prot)call.Args[2], (MapFlags)call.Args[3] | MapFlags.Fixed, (int)call.Args[4], call.Args[5]);
        return false;
    }

    // Whether a call in flight, made now, does what it did, and so makes or takes the room that another one found.
    private bool Explains(ReplayTask thread, ref CallRecord call, ulong start, ulong length)
    {
        switch (call.Sysno)
        {
            case Sysno.Munmap:
                return call.Result == 0 && call.Args[0] < start + length && start < call.Args[0] + call.Args[1];
            case Sysno.Mmap when call.Args[0] == 0 && ((MapFlags)call.Args[3] & (MapFlags.Anonymous | MapFlags.Populate | MapFlags.Locked)) == MapFlags.Anonymous:
                SysResult trial = _calls.Mmap(thread.Task, 0, call.Args[1], (Prot)call.Args[2], (MapFlags)call.Args[3], -1, 0);
                if (!trial.IsError)
                    _calls.Munmap(thread.Task, trial.Address, call.Args[1]);
                return trial.Raw == call.Result;
            default:
                return false;
        }
    }
}
