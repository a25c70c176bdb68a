using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.Cgroups;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>Directories and files of the cgroup file system, where it is mounted by convention.</content>
public sealed partial class Replayer
{
    private const string CgroupMount = "/sys/fs/cgroup";
    private const string SysctlMount = "/proc/sys/";

    // Where the machine begins with cgroups, a program starts in its own (docs/cgroups.md). What the recording itself moves
    // stays where it was moved.
    private void PlaceInCgroup(ReplayTask task, string comm)
    {
        if (Machine.Spec.Cgroups.Count == 0 || StructOf(task).Memcg > MemCgroups.Root)
            return;
        int home = Machine.Memcgs.HomeOf(comm);
        if (home != MemCgroups.Root)
            _calls.MoveToCgroup(task.Task, home);
    }

    // mkdir, rmdir, and writes to control files. Other calls on such files are like those on any other.
    private bool TryReplayCgroup(ReplayTask task, ref CallRecord call)
    {
        if (call.Sysno is not (Sysno.Mkdir or Sysno.Mkdirat or Sysno.Rmdir or Sysno.Unlinkat or Sysno.Write or Sysno.Pwrite64))
            return false;
        bool writes = call.Sysno is Sysno.Write or Sysno.Pwrite64;
        string path = Text(writes ? call.FdPath : call.Path);
        if (writes && path.StartsWith(SysctlMount, StringComparison.Ordinal) && call.Result > 0 && !call.Has(CallFlags.PayloadTruncated))
        {
            // Those that the model does not have change nothing.
            _ = Machine.TryWriteSysctl(path[SysctlMount.Length..].Replace('/', '.'), Encoding.UTF8.GetString(_batch.PayloadBytes(call)).Trim());
            return true;
        }

        if (!writes && !path.StartsWith('/') && call.FdPath != 0)
            path = $"{Text(call.FdPath).TrimEnd('/')}/{path}";
        if (!path.StartsWith(CgroupMount, StringComparison.Ordinal) || (path.Length > CgroupMount.Length && path[CgroupMount.Length] != '/'))
            return false;
        path = path[CgroupMount.Length..];
        if (!writes)
        {
            const ulong removeDirectory = 0x200;
            if (call.Sysno == Sysno.Unlinkat && (call.Args[2] & removeDirectory) == 0)
                return false;
            CompareResult(ref call, call.Sysno is Sysno.Mkdir or Sysno.Mkdirat ? _calls.MkdirCgroup(task.Task, path) : _calls.RmdirCgroup(task.Task, path));
            return true;
        }

        int slash = path.LastIndexOf('/');
        if (slash < 0 || call.Has(CallFlags.PayloadTruncated))
            return false;
        string text = Encoding.UTF8.GetString(_batch.PayloadBytes(call));
        SysResult result = _calls.WriteCgroup(task.Task, path[..slash], path[(slash + 1)..], text);
        CompareResult(ref call, result.IsError ? result : SysResult.Of((ulong)text.Length));
        return true;
    }
}
