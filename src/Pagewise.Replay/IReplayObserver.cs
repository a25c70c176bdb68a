using Pagewise.Abi;
using Pagewise.Kernel.Oom;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <summary>What a report wants to hear of a replay.</summary>
public interface IReplayObserver
{
    /// <summary>
    /// An address space is about to end (execve, exit) or the recording has ended: the last moment to look at it.
    /// Called once for each address space.
    /// </summary>
    /// <param name="replayer">The replay, its machine in the state before the end.</param>
    /// <param name="task">A task that runs in it.</param>
    void SpaceEnding(Replayer replayer, ReplayTask task);

    /// <summary>Some events were replayed; called after each batch.</summary>
    /// <param name="replayer">The replay.</param>
    void BatchDone(Replayer replayer);

    /// <summary>A comment without a known form was met.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="text">The line.</param>
    void Noted(Replayer replayer, string text)
    {
    }

    /// <summary>A call was replayed.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="task">Who made it.</param>
    /// <param name="call">The call.</param>
    void CallDone(Replayer replayer, ReplayTask task, in CallRecord call)
    {
    }

    /// <summary>A touch was replayed: all its pages.</summary>
    /// <param name="replayer">The replay, which has its outcome and faults.</param>
    /// <param name="task">Who made it.</param>
    /// <param name="touch">The touch.</param>
    void TouchDone(Replayer replayer, ReplayTask task, in TouchRecord touch)
    {
    }

    /// <summary>
    /// Some runs of accesses were replayed, recorded or assumed; told once for many, not once an access. Accesses of the
    /// allocator to its own chunk headers are not among them.
    /// </summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="task">Who made them.</param>
    /// <param name="runs">The accesses, at the model's addresses.</param>
    void Accessed(Replayer replayer, ReplayTask task, ReadOnlySpan<AccessRun> runs)
    {
    }

    /// <summary>The OOM killer was called: told before anybody dies.</summary>
    /// <param name="replayer">The replay, its machine as it stood then.</param>
    /// <param name="dump">What was short, who asked, who was chosen.</param>
    void OomDumped(Replayer replayer, OomDump dump)
    {
    }

    /// <summary>A process gets a SIGKILL of the OOM killer's; its memory is still there.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="task">The task, an index into the machine's table.</param>
    /// <param name="reason">What the kernel prints before "Killed process".</param>
    void OomKilled(Replayer replayer, int task, string reason)
    {
    }

    /// <summary>Whether <see cref="Touched"/> is to be called: touches then store bytes that tell the page, and are made one by one.</summary>
    bool WantsTouches => false;

    /// <summary>A page was touched.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="task">Who touched it.</param>
    /// <param name="address">Where, in the model.</param>
    /// <param name="kind">How.</param>
    /// <param name="minor">Minor faults that it took.</param>
    /// <param name="major">Major faults that it took.</param>
    void Touched(Replayer replayer, ReplayTask task, ulong address, AccessKind kind, long minor, long major)
    {
    }
}
