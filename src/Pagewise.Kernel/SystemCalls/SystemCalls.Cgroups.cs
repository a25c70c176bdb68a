using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.Cgroups;

namespace Pagewise.Kernel.SystemCalls;

/// <content>The file system of control groups (cgroup v2): directories, and writes to its files. Paths are relative to where it is mounted.</content>
public sealed partial class SystemCalls
{
    /// <summary>Makes a cgroup (mkdir in a cgroup's directory).</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="path">Its path from the root.</param>
    public SysResult MkdirCgroup(int task, string path)
    {
        Enter(task);
        path = path.Trim('/');
        int slash = path.LastIndexOf('/');
        int parent = _memcgs.Find(path.AsSpan(0, Math.Max(slash, 0)));
        if (parent == 0)
            return Errno.ENOENT;
        if (path.Length == 0)
            return Errno.EEXIST;
        SysResult made = _memcgs.Create(parent, path[(slash + 1)..]);
        return made.IsError ? made : SysResult.Ok;
    }

    /// <summary>Removes a cgroup (rmdir).</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="path">Its path from the root.</param>
    public SysResult RmdirCgroup(int task, string path)
    {
        Enter(task);
        int memcg = _memcgs.Find(path);
        return memcg == 0 ? Errno.ENOENT : _memcgs.Remove(memcg);
    }

    /// <summary>Writes a file of a cgroup: a control of memory, cpuset.mems, or a process id to cgroup.procs.</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="path">The cgroup's path from the root.</param>
    /// <param name="file">The file's name.</param>
    /// <param name="text">What is written.</param>
    /// <returns>0, or what Linux refuses with; files of other controllers take anything.</returns>
    public SysResult WriteCgroup(int task, string path, string file, string text)
    {
        Enter(task);
        int memcg = _memcgs.Find(path);
        if (memcg == 0)
            return Errno.ENOENT;
        if (file == "cpuset.mems")
            return _memcgs.WriteCpusetMems(memcg, text);
        if (file != "cgroup.procs")
            return file.StartsWith("memory.", StringComparison.Ordinal) ? _memcgs.Write(memcg, file, text) : SysResult.Ok;
        if (!int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            return Errno.EINVAL;
        int moved = pid == 0 ? task : _tasks.Find(pid);
        if (moved == 0 || _tasks.Tasks[moved].HasExited)
            return Errno.ESRCH;
        MoveToCgroup(moved, memcg);
        return SysResult.Ok;
    }

    /// <summary>Moves a process to a cgroup (cgroup_attach_task). What it has stays charged where it is.</summary>
    /// <param name="task">Any task of the process.</param>
    /// <param name="memcg">The cgroup.</param>
    public void MoveToCgroup(int task, int memcg)
    {
        int leader = _tasks.Tasks[task].GroupLeader;
        for (int other = 1; other < _tasks.Tasks.HighWater; other++)
        {
            if (_tasks.Tasks[other].GroupLeader != leader || _tasks.Tasks[other].HasExited)
                continue;
            _memcgs.Leave(_tasks.Tasks[other].Memcg);
            _tasks.Tasks[other].Memcg = memcg;
            _tasks.Tasks[other].CgroupPlace = _memcgs.Join(memcg);
            if (_tasks.Tasks[other].Mm is not 0 and var mm)
            {
                _spaces.Mms[mm].Memcg = memcg;
                _spaces.LruGenMms?.Migrate(mm, memcg);
            }

            if (other != _scheduler.Current)
                continue;
            _memcgs.Current = memcg;
            _scheduler.UpdateMems();
        }
    }
}
