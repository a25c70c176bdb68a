namespace Pagewise.Kernel.PageCache;

/// <summary>What a task has to do with dirty pages: the fields of task_struct for it.</summary>
internal struct TaskDirty
{
    /// <summary>Whose they are; another number: a new task under the same index.</summary>
    public int Pid;

    /// <summary>Pages dirtied since the last check (nr_dirtied).</summary>
    public long NrDirtied;

    /// <summary>Pages after which the next check is due (nr_dirtied_pause); 0: the first one, <see cref="FirstPause"/>.</summary>
    public long NrDirtiedPause;

    /// <summary>When it was last made to wait or found free to go on, virtual nanoseconds (dirty_paused_when).</summary>
    public double PausedWhenNs;

    /// <summary>128 KiB in pages.</summary>
    public const long FirstPause = 32;
}
