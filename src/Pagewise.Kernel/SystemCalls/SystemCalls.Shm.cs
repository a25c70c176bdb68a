using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.SystemCalls;

public sealed partial class SystemCalls
{
    private const int IpcRmid = 0;

    /// <summary>shmget(2): the segment's id.</summary>
    public SysResult Shmget(int task, int key, ulong sizeBytes, ShmFlags flags)
    {
        Current current = _tasks.CurrentOf(task);
        return _segments.Get(in current, key, sizeBytes, flags);
    }

    /// <summary>shmat(2): where the segment was mapped.</summary>
    public SysResult Shmat(int task, int id, ulong address, ShmFlags flags)
    {
        Current current = _tasks.CurrentOf(task);
        return _segments.Attach(in current, id, address, flags);
    }

    /// <summary>shmdt(2).</summary>
    public SysResult Shmdt(int task, ulong address)
    {
        Current current = _tasks.CurrentOf(task);
        return _segments.Detach(in current, address);
    }

    /// <summary>shmctl(2): IPC_RMID takes the segment's key away and ends it with its last attachment.</summary>
    public SysResult Shmctl(int task, int id, int command)
    {
        if (!_segments.Exists(id))
            return Errno.EINVAL;
        if (command == IpcRmid)
            _segments.Remove(id);
        return SysResult.Ok;
    }
}
