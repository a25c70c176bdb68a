using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Tasks;

/// <summary>
/// What a task costs the kernel besides its task_struct, files and address space: kernel stack, credentials, fs_struct,
/// sighand_struct, signal_struct and pid, taken by fork and given back by exit (copy_process, do_exit, release_task).
/// </summary>
/// <remarks>
/// Simplified: a task's objects go when it exits, not when its parent has waited for it and an RCU grace period has
/// passed; security modules' blobs, namespaces, io contexts and pid's links are not modelled.
/// </remarks>
public sealed class TaskObjects : IDisposable
{
    private readonly Arena<SharedObject> _shared = new(1 << 24);
    private readonly KmemCaches _caches;

    /// <summary>Makes none yet.</summary>
    /// <param name="pages">Who has the pages.</param>
    /// <param name="memMap">The frames.</param>
    /// <param name="caches">Where the objects come from.</param>
    /// <param name="stat">Counters.</param>
    public TaskObjects(BuddyAllocator pages, MemMap memMap, KmemCaches caches, VmStat stat)
    {
        _caches = caches;
        Stacks = new KernelStacks(pages, memMap, caches, stat);
    }

    /// <summary>Kernel stacks.</summary>
    public KernelStacks Stacks { get; }

    /// <summary>Adds the kernel objects in use to a list, but for pids, which tasks hold themselves.</summary>
    public void CollectObjects(List<ulong> into)
    {
        for (int index = 1; index < _shared.HighWater; index++)
        {
            if (_shared[index].Item != 0)
                into.Add(_shared[index].Item);
        }

        Stacks.CollectObjects(into);
    }

    /// <summary>Gives a new task its objects, shared with its parent as CLONE_* flags say.</summary>
    /// <param name="task">The task; its fields are overwritten.</param>
    /// <param name="parent">Whose objects may be shared; all zero for a task that nobody forked.</param>
    /// <param name="flags">CLONE_* flags.</param>
    /// <returns>False when no memory is left; the task then has none.</returns>
    public bool Copy(ref TaskStruct task, in TaskStruct parent, CloneFlags flags)
    {
        task.PidObject = 0;
        task.Stack = Stacks.New();
        task.Cred = task.Stack == 0 ? 0 : Copy(parent.Cred, (flags & CloneFlags.Thread) != 0, _caches.Cred);
        task.Fs = task.Cred == 0 ? 0 : Copy(parent.Fs, (flags & CloneFlags.Fs) != 0, _caches.Fs);
        task.Sighand = task.Fs == 0 ? 0 : Copy(parent.Sighand, (flags & CloneFlags.SigHand) != 0, _caches.Sighand);
        task.Signal = task.Sighand == 0 ? 0 : Copy(parent.Signal, (flags & CloneFlags.Thread) != 0, _caches.Signal);
        if (task.Signal != 0)
            task.PidObject = _caches.Pid.Allocate(Gfp.Kernel);
        if (task.PidObject != 0)
            return true;
        Release(ref task);
        ReleaseCred(ref task.Cred);
        return false;
    }

    /// <summary>
    /// Gives a task's objects back, but for its credentials: those go last of all, an RCU grace period after the task_struct
    /// (<see cref="ReleaseCred"/>).
    /// </summary>
    public void Release(ref TaskStruct task)
    {
        Put(ref task.Fs);
        if (task.Stack != 0)
            Stacks.Free(task.Stack);
        task.Stack = 0;
        Put(ref task.Sighand);
        if (task.PidObject != 0)
            _caches.Free(task.PidObject);
        task.PidObject = 0;
        Put(ref task.Signal);
    }

    /// <summary>
    /// Gives credentials back (__put_cred, put_cred_rcu). That they are the last object of a task, and smaller than a page,
    /// decides what a cgroup's object stock is left with: a whole page, not none.
    /// </summary>
    /// <param name="cred">The credentials, as <see cref="TaskStruct.Cred"/> numbers them; 0: none. 0 afterwards.</param>
    public void ReleaseCred(ref int cred) => Put(ref cred);

    /// <summary>New credentials in place of a task's (prepare_creds, commit_creds). False when no memory is left.</summary>
    public bool RenewCred(ref TaskStruct task)
    {
        int cred = New(_caches.Cred);
        if (cred == 0)
            return false;
        Put(ref task.Cred);
        task.Cred = cred;
        return true;
    }

    /// <summary>Signal handlers of its own for a task that shares them (unshare_sighand). False when no memory is left.</summary>
    public bool UnshareSighand(ref TaskStruct task)
    {
        if (_shared[task.Sighand].Users == 1)
            return true;
        int sighand = New(_caches.Sighand);
        if (sighand == 0)
            return false;
        Put(ref task.Sighand);
        task.Sighand = sighand;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _shared.Dispose();
        Stacks.Dispose();
    }

    private int Copy(int ofParent, bool isShared, KmemCache cache)
    {
        if (!isShared || ofParent == 0)
            return New(cache);
        _shared[ofParent].Users++;
        return ofParent;
    }

    private int New(KmemCache cache)
    {
        ulong item = cache.Allocate(Gfp.Kernel);
        int made = item == 0 ? 0 : _shared.Allocate();
        if (made != 0)
            _shared[made] = new SharedObject { Item = item, Users = 1 };
        else if (item != 0)
            cache.Free(item);
        return made;
    }

    private void Put(ref int shared)
    {
        int index = shared;
        shared = 0;
        if (index == 0 || --_shared[index].Users != 0)
            return;
        _caches.Free(_shared[index].Item);
        _shared[index].Item = 0;
        _shared.Free(index);
    }
}
