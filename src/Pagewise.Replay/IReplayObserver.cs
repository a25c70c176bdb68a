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
}
