using System.Collections.Frozen;

namespace Pagewise.Workloads;

/// <summary>
/// System calls that have no decoder because nothing that is modelled depends on them: they change no address space, no
/// descriptor that can be mapped, no file's contents, size or name, no limit and no capability. What the kernel writes into
/// the program's buffers is not seen, as with every call.
/// </summary>
internal static class CallsWithoutEffect
{
    private static readonly FrozenSet<string> Names = (
        "access alarm bind capget chdir chmod chown clock_getres clock_gettime " +
        "clock_settime connect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait " +
        "eventfd eventfd2 faccessat faccessat2 fchdir fchmod fchmodat fchmodat2 fchown fchownat fgetxattr flistxattr " +
        "flock fremovexattr fsetxattr fstatfs futex futex_requeue futex_wait futex_waitv futex_wake futimesat getcpu " +
        "getcwd getdents getdents64 getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp getppid " +
        "getpriority getresgid getresuid getrusage getsid getsockname getsockopt gettimeofday getuid getxattr " +
        "inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl ioprio_get ioprio_set kcmp " +
        "landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lgetxattr link linkat listen " +
        "listxattr llistxattr lremovexattr lsetxattr mknod mknodat mq_getsetattr mq_notify " +
        "mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd name_to_handle_at ni_syscall " +
        "pause pidfd_open pidfd_send_signal pipe pipe2 poll ppoll pselect6 readlinkat recvfrom recvmmsg recvmsg " +
        "removexattr restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn " +
        "rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min " +
        "sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval " +
        "sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop " +
        "sendmmsg sendmsg sendto setdomainname setfsgid setgroups sethostname setitimer setpgid setpriority setregid " +
        "setresgid setsid setsockopt setxattr shutdown sigaction sigaltstack signalfd signalfd4 sigprocmask sigreturn " +
        "socketcall socketpair statfs symlink symlinkat sysinfo syslog tee tgkill time " +
        "timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime " +
        "timerfd_settime times tkill umask uname ustat utime utimensat utimes").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a call may be passed over without a word.</summary>
    public static bool Has(string name) => Names.Contains(name);
}
