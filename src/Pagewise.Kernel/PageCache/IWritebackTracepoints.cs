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
    /// <param name="balance">What decided on it.</param>
    void BalanceDirtyPages(in DirtyBalance balance);

    /// <summary><c>writeback_start</c>: the flusher begins with a work.</summary>
    /// <param name="isBackground">For the background limit; else for the pages' age.</param>
    void WritebackStart(bool isBackground);

    /// <summary><c>writeback_single_inode_start</c>: pages of a file are about to be written, by the flusher or sync(2).</summary>
    /// <param name="inode">The file.</param>
    /// <param name="toWrite">The most pages (nr_to_write).</param>
    void WritebackSingleInodeStart(int inode, long toWrite);

    /// <summary><c>writeback_single_inode</c>: they were written.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="toWrite">The most pages that it could be.</param>
    /// <param name="wrote">How many it was.</param>
    void WritebackSingleInode(int inode, long toWrite, long wrote);
}
