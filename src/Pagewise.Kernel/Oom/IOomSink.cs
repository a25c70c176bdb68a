namespace Pagewise.Kernel.Oom;

/// <summary>
/// Who is told what the OOM killer does, in the order in which the kernel prints it. The kernel does not print; the
/// machine still stands as it was at that moment.
/// </summary>
public interface IOomSink
{
    /// <summary>Memory is out (dump_header): told before anybody dies.</summary>
    /// <param name="dump">What was short, who asked, who is eligible, who is chosen.</param>
    void Dumped(OomDump dump);

    /// <summary>A process gets its SIGKILL (__oom_kill_process); its memory is still there.</summary>
    /// <param name="task">The task, an index into the task table.</param>
    /// <param name="reason">What the kernel prints before "Killed process".</param>
    void Killed(int task, string reason);

    /// <summary>All tasks of a cgroup are going to be killed (mem_cgroup_print_oom_group).</summary>
    /// <param name="path">The cgroup's path.</param>
    void KillsGroup(string path);

    /// <summary>The reaper took a victim's memory that did not come to its end in time (oom_reap_task_mm).</summary>
    /// <param name="task">The victim, an index into the task table.</param>
    void Reaped(int task);

    /// <summary>The machine stops (panic): nobody may be killed, or a sysctl says so.</summary>
    /// <param name="message">What the kernel prints after "Kernel panic - not syncing: ".</param>
    void Panicked(string message);
}
