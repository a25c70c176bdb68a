using Pagewise.Abi;
using Pagewise.Workloads;

namespace Pagewise.Replay.Oom;

/// <summary>Ends a run that takes too long.</summary>
/// <param name="mostNs">The most virtual time, nanoseconds.</param>
internal sealed class TrialEnd(double mostNs) : IReplayObserver
{
    /// <summary>Whether it did.</summary>
    public bool IsReached { get; private set; }

    /// <inheritdoc/>
    public void SpaceEnding(Replayer replayer, ReplayTask task)
    {
    }

    /// <inheritdoc/>
    public void BatchDone(Replayer replayer) => Look(replayer);

    /// <inheritdoc/>
    public void CallDone(Replayer replayer, ReplayTask task, in CallRecord call) => Look(replayer);

    /// <inheritdoc/>
    public void Accessed(Replayer replayer, ReplayTask task, ReadOnlySpan<AccessRun> runs) => Look(replayer);

    private void Look(Replayer replayer)
    {
        if (replayer.Machine.NowNs <= mostNs)
            return;
        IsReached = true;
        replayer.Stop();
    }
}
