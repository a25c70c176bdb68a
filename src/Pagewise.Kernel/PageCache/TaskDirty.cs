namespace Pagewise.Kernel.PageCache;

/// <summary>What a task has to do with dirty pages: the fields of task_struct for it.</summary>
internal struct TaskDirty
{
    /// <summary>Whose they are; another number: a new task under the same index.</summary>
    public int Pid;

    /// <summary>Pages dirtied since the last check (nr_dirtied).</summary>
    public long NrDirtied;

    /// <summary>When it was last made to wait or found free to go on, jiffies (dirty_paused_when).</summary>
    public long PausedWhen;

    private long _pauseOverFirst;

    /// <summary>Pages after which the next check is due (nr_dirtied_pause); for a new task <see cref="FirstPause"/>.</summary>
    public long NrDirtiedPause
    {
        readonly get => FirstPause + _pauseOverFirst;
        set => _pauseOverFirst = value - FirstPause;
    }

    /// <summary>128 KiB in pages.</summary>
    public const long FirstPause = 32;
}
