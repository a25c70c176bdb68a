namespace Pagewise.Kernel.Tasks;

/// <summary>
/// Who listens to births and ends of tasks: Linux's tracepoints of the sched group, in the order in which they fire. Tasks
/// are indices into the task table, which are not used again. Without a listener they cost a null check.
/// </summary>
public interface ISchedTracepoints
{
    /// <summary><c>sched_process_fork</c>: a thread was made.</summary>
    /// <param name="parent">Who made it; 0: nobody, it is the first task of a program that ran before.</param>
    /// <param name="child">The new task.</param>
    void SchedProcessFork(int parent, int child);

    /// <summary><c>sched_process_exec</c>: a task has another program.</summary>
    /// <param name="task">The task, with its new name.</param>
    void SchedProcessExec(int task);

    /// <summary><c>sched_process_exit</c>: a task ends; its address space is still there.</summary>
    /// <param name="task">The task.</param>
    void SchedProcessExit(int task);

    /// <summary><c>oom_score_adj_update</c> (of the oom group): a process's oom_score_adj was set.</summary>
    /// <param name="task">The process's leader, with its new value.</param>
    void OomScoreAdjUpdate(int task);
}
