namespace Pagewise.Kernel.PageCache;

/// <summary>Who listens to writeback: Linux's tracepoints of the writeback group, in the order in which they fire. Without a listener they cost a null check.</summary>
public interface IWritebackTracepoints
{
    /// <summary><c>global_dirty_state</c>: a task that dirties pages looked at how many there are (balance_dirty_pages).</summary>
    /// <param name="dirty">nr_dirty.</param>
    /// <param name="writeback">nr_writeback.</param>
    /// <param name="limits">The limits.</param>
    void GlobalDirtyState(long dirty, long writeback, DirtyLimits limits);

    /// <summary><c>balance_dirty_pages</c>: a task has dirtied so much that it may have to wait.</summary>
    /// <param name="taskRatelimit">Pages a second that it may dirty.</param>
    /// <param name="dirtied">Pages that it dirtied since the last look.</param>
    /// <param name="pauseNs">How long it waits; less than 0: it was slow enough.</param>
    void BalanceDirtyPages(double taskRatelimit, long dirtied, double pauseNs);

    /// <summary><c>writeback_start</c>: the flusher begins with a work.</summary>
    /// <param name="isBackground">For the background limit; else for the pages' age.</param>
    void WritebackStart(bool isBackground);

    /// <summary><c>writeback_single_inode</c>: pages of a file were written.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="pages">How many.</param>
    void WritebackSingleInode(int inode, long pages);
}
