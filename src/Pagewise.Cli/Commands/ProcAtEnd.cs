using Pagewise.Kernel.Tasks;
using Pagewise.Procfs;
using Pagewise.Replay;

namespace Pagewise.Cli.Commands;

/// <summary>
/// Takes the modelled /proc at the end of a run: as the recording ends, or, when no process is left then, as the last
/// one was about to end.
/// </summary>
/// <param name="inner">Who else wants to hear of the replay.</param>
internal sealed class ProcAtEnd(IReplayObserver inner) : IReplayObserver
{
    private ProcTree? _last;

    /// <summary>The tree.</summary>
    public ProcTree Tree(Replayer replayer)
    {
        var now = ProcTree.Of(replayer.Machine);
        return now.Processes.Count == 0 && _last is not null ? _last : now;
    }

    /// <inheritdoc/>
    public void SpaceEnding(Replayer replayer, ReplayTask task)
    {
        inner.SpaceEnding(replayer, task);
        int mm = replayer.Machine.Tasks.Tasks[task.Task].Mm;
        for (int other = 1; other < replayer.Machine.Tasks.Tasks.HighWater; other++)
        {
            ref TaskStruct one = ref replayer.Machine.Tasks.Tasks[other];
            if (!one.HasExited && one.Mm != 0 && one.Mm != mm)
                return;
        }

        _last = ProcTree.Of(replayer.Machine);
    }

    /// <inheritdoc/>
    public void BatchDone(Replayer replayer) => inner.BatchDone(replayer);

    /// <inheritdoc/>
    public void Noted(Replayer replayer, string text) => inner.Noted(replayer, text);
}
