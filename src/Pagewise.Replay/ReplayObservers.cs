using Pagewise.Abi;
using Pagewise.Kernel.Oom;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <summary>Tells several of a replay, in their order.</summary>
/// <param name="observers">Who is told.</param>
public sealed class ReplayObservers(params IReplayObserver[] observers) : IReplayObserver
{
    /// <inheritdoc/>
    public bool WantsTouches => Array.Exists(observers, observer => observer.WantsTouches);

    /// <inheritdoc/>
    public void SpaceEnding(Replayer replayer, ReplayTask task)
    {
        foreach (IReplayObserver observer in observers)
            observer.SpaceEnding(replayer, task);
    }

    /// <inheritdoc/>
    public void BatchDone(Replayer replayer)
    {
        foreach (IReplayObserver observer in observers)
            observer.BatchDone(replayer);
    }

    /// <inheritdoc/>
    public void Noted(Replayer replayer, string text)
    {
        foreach (IReplayObserver observer in observers)
            observer.Noted(replayer, text);
    }

    /// <inheritdoc/>
    public void CallDone(Replayer replayer, ReplayTask task, in CallRecord call)
    {
        foreach (IReplayObserver observer in observers)
            observer.CallDone(replayer, task, in call);
    }

    /// <inheritdoc/>
    public void TouchDone(Replayer replayer, ReplayTask task, in TouchRecord touch)
    {
        foreach (IReplayObserver observer in observers)
            observer.TouchDone(replayer, task, in touch);
    }

    /// <inheritdoc/>
    public void Accessed(Replayer replayer, ReplayTask task, ReadOnlySpan<AccessRun> runs)
    {
        foreach (IReplayObserver observer in observers)
            observer.Accessed(replayer, task, runs);
    }

    /// <inheritdoc/>
    public void OomDumped(Replayer replayer, OomDump dump)
    {
        foreach (IReplayObserver observer in observers)
            observer.OomDumped(replayer, dump);
    }

    /// <inheritdoc/>
    public void OomKilled(Replayer replayer, int task, string reason)
    {
        foreach (IReplayObserver observer in observers)
            observer.OomKilled(replayer, task, reason);
    }

    /// <inheritdoc/>
    public void Touched(Replayer replayer, ReplayTask task, ulong address, AccessKind kind, long minor, long major)
    {
        foreach (IReplayObserver observer in observers)
            observer.Touched(replayer, task, address, kind, minor, major);
    }
}
