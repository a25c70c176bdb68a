using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.SystemCalls;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>Descriptors: what they lead to decides what mmap maps. Their results are the recording's own.</content>
public sealed partial class Replayer
{
    private void ReplayOpen(ReplayTask task, ref CallRecord call)
    {
        int pathId = call.ResultPath != 0 ? call.ResultPath : call.Path;
        string path = Text(pathId);
        OpenFlags flags = call.Sysno switch
        {
            Sysno.Open => (OpenFlags)call.Args[1],
            Sysno.Openat => (OpenFlags)call.Args[2],
            Sysno.Creat => OpenFlags.Create | OpenFlags.WriteOnly | OpenFlags.Truncate,
            _ => OpenFlags.ReadWrite,
        };
        // A file that is new takes kernel objects, which the caller's cgroup pays for.
        Machine.Scheduler.Run(task.Task);
        // A path that nobody has met and that may be made was not there.
        bool isNew = path.Length > 0 && (flags & OpenFlags.Create) != 0 && call.Result >= 0 && _files.Find(path) == 0;
        int inode = path.Length == 0 ? NamelessFile((int)call.Result) : _files.ByPath(path);
        if (isNew)
            Machine.Writeback.InodeTable.NameChanged(inode);
        _calls.Open(task.Task, inode, flags, (int)call.Result);
    }

    // Recordings leave out calls that make descriptors (pipe, socket, what the parent opened): a descriptor that the
    // model does not have, or that leads elsewhere than the recording's annotation says, is put right before its use.
    private void EnsureFd(ReplayTask task, int fd, int pathId)
    {
        int have = _calls.InodeOf(task.Task, fd);
        string path = Text(pathId);
        if (have != 0 && (path.Length == 0 || Machine.Inodes.NameOf(have) == path || !_files.IsNamed(have)))
            return;
        int inode = path.Length == 0 ? NamelessFile(fd) : _files.ByPath(path);
        if (have != 0)
            _calls.Close(task.Task, fd);
        _calls.Open(task.Task, inode, OpenFlags.ReadWrite, fd);
    }

    // A file that nobody has met needs no unlinking.
    private void ReplayUnlink(ReplayTask task, ref CallRecord call)
    {
        const ulong removeDirectory = 0x200;
        if (call.Result != 0 || (call.Sysno == Sysno.Unlinkat && (call.Args[2] & removeDirectory) != 0))
            return;
        string path = Text(call.Path);
        if (!path.StartsWith('/') && call.FdPath != 0)
            path = $"{Text(call.FdPath).TrimEnd('/')}/{path}";
        int inode = _files.Unlink(path);
        if (inode == 0)
            return;
        Machine.Writeback.InodeTable.NameChanged(inode);
        _calls.Unlink(task.Task, inode);
    }

    private int NamelessFile(int fd) =>
        _files.Nameless(string.Create(CultureInfo.InvariantCulture, $"fd {fd}"), InodeKind.Regular, 0);

    private void LearnStatus(ReplayTask task, ref CallRecord call)
    {
        CallFileStatus status = _batch.FileStatus(call);
        const uint typeMask = 0xf000, regular = 0x8000;
        if (call.Result != 0 || !status.HasSize || (status.Mode & typeMask) != regular || status.SizeBytes < 0)
            return;
        // Of an open file by its descriptor; a path alone says nothing of what a descriptor will lead to.
        bool isByFd = call.Sysno == Sysno.Fstat || (call.Sysno is Sysno.Newfstatat or Sysno.Statx && call.FdPath != 0 && call.Path == 0);
        if (!isByFd)
            return;
        int fd = (int)call.Args[0];
        EnsureFd(task, fd, call.FdPath);
        int inode = _calls.InodeOf(task.Task, fd);
        if (inode != 0)
            _files.SetSize(inode, (ulong)status.SizeBytes);
    }

    private void ReplayFcntl(ReplayTask task, ref CallRecord call)
    {
        const int dupFd = 0, dupFdCloseOnExec = 1030, addSeals = 1033;
        int fd = (int)call.Args[0];
        switch ((int)call.Args[1])
        {
            case dupFd or dupFdCloseOnExec:
                EnsureFd(task, fd, call.FdPath);
                _calls.Dup2(task.Task, fd, (int)call.Result, (int)call.Args[1] == dupFdCloseOnExec);
                break;
            case addSeals:
                CompareResult(ref call, _calls.AddSeals(task.Task, fd, (FileSeals)call.Args[2]));
                break;
        }
    }

    private void ReplayFileCall(ReplayTask task, ref CallRecord call)
    {
        int fd = (int)call.Args[0];
        EnsureFd(task, fd, call.FdPath);
        int inode = _calls.InodeOf(task.Task, fd);
        if (inode == 0 || Machine.Inodes.Inodes[inode].Kind is InodeKind.NotMappable or InodeKind.DevZero)
            return;
        if (call.Sysno is Sysno.Read or Sysno.Pread64)
        {
            ReplayRead(task, ref call, fd, inode);
            return;
        }

        // A write may have been cut short: what was written counts.
        bool writes = call.Sysno is Sysno.Write or Sysno.Pwrite64;
        SyscallArgs arguments = ArgumentsOf(ref call);
        _calls.Invoke(task.Task, writes ? arguments with { A2 = (ulong)call.Result } : arguments);
    }

    // What was asked for decides on readahead; what was read, where the file goes on. That bytes were returned shows that
    // the file reaches there, where its size was never told.
    private void ReplayRead(ReplayTask task, ref CallRecord call, int fd, int inode)
    {
        bool atPosition = call.Sysno == Sysno.Read;
        ulong position = atPosition ? _calls.Lseek(task.Task, fd, 0, SeekWhence.Current).Address : call.Args[3];
        if (call.Result > 0)
            _files.Reach(inode, position + (ulong)call.Result);
        SysResult result = _calls.Invoke(task.Task, ArgumentsOf(ref call));
        if (atPosition && result.Raw != call.Result)
            _calls.Lseek(task.Task, fd, (long)position + call.Result, SeekWhence.Set);
    }
}
