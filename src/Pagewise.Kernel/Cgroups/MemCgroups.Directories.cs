using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Cgroups;

/// <content>Directories: mkdir, rmdir, and what keeps a cgroup that has none any more.</content>
public sealed partial class MemCgroups
{
    /// <summary>
    /// Per-CPU memory of a cgroup for each CPU, bytes, charged to its parent: counters of memory.stat, of a node's lists and of
    /// the hierarchy (mem_cgroup_alloc), as measured on 6.1 with one node.
    /// </summary>
    public const int PercpuBytes = 5352;

    private long _joined;

    /// <summary>Makes a cgroup (mkdir). Its per-CPU memory is charged to its parent.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="name">Its name: not empty, no slash.</param>
    /// <returns>The cgroup's index, or EEXIST, ENODEV (the parent is gone), ENOMEM.</returns>
    public SysResult Create(int parent, string name)
    {
        if (!_memcgs[parent].IsOnline)
            return Errno.ENODEV;
        if (FindChild(parent, name) != 0)
            return Errno.EEXIST;
        if (_memcgs.Count >= PageFrame.MostMemcg - 1)
            return Errno.ENOMEM;
        int percpu = PercpuBytes * _stocks.Length;
        if (!ChargeBytes(parent, Gfp.Kernel, percpu))
            return Errno.ENOMEM;
        int made = _memcgs.Allocate();
        Initialize(ref _memcgs[made]);
        InheritZswap(made, parent);
        while (_names.Count <= made)
            _names.Add("");
        _names[made] = name;
        ForgetPressure(made);
        Link(made, parent);
        InheritMems(made);
        Get(parent, 1);
        if (parent > Root)
            CountUp(parent, MemcgStat.PercpuBytes, percpu);
        return SysResult.Of((ulong)made);
    }

    /// <summary>
    /// Removes a cgroup (rmdir). Pages of programs and files stay charged to it, and so to those above, until they are freed;
    /// kernel memory is the parent's from now on (memcg_reparent_objcgs), though here it keeps the cgroup from vanishing.
    /// </summary>
    /// <returns>0, or EBUSY when it has tasks or children.</returns>
    public SysResult Remove(int memcg)
    {
        if (memcg <= Root)
            return Errno.EBUSY;
        ref MemCgroup going = ref _memcgs[memcg];
        for (int child = going.FirstChild; child != 0; child = _memcgs[child].NextSibling)
        {
            if (_memcgs[child].IsOnline)
                return Errno.EBUSY;
        }

        if (going.Tasks != 0)
            return Errno.EBUSY;
        Get(memcg, 1);
        going.IsOnline = false;
        going.Memory.Min = 0;
        going.Memory.Low = 0;
        PropagateProtectedUsage(memcg);
        DrainStocks(memcg);
        Reparent?.Invoke(memcg, HeirOf(memcg));
        _memcgs[HeirOf(memcg)].ObjectBytes += going.ObjectBytes;
        going.ObjectBytes = 0;
        Zswap?.Reparent(memcg, HeirOf(memcg));
        Put(memcg, 1);
        return SysResult.Ok;
    }

    /// <summary>A task comes to a cgroup; 0 counts as the root.</summary>
    /// <returns>Its place in the order of all that came to one.</returns>
    internal long Join(int memcg)
    {
        _memcgs[Math.Max(memcg, Root)].Tasks++;
        return ++_joined;
    }

    /// <summary>A task leaves a cgroup, or ends.</summary>
    internal void Leave(int memcg) => _memcgs[Math.Max(memcg, Root)].Tasks--;

    /// <summary>Cgroups below one whose directories are there (nr_descendants).</summary>
    public int DescendantsOf(int memcg) => CountBelow(memcg, isOnline: true);

    /// <summary>Cgroups below one that are removed and still pay for something (nr_dying_descendants).</summary>
    public int DyingDescendantsOf(int memcg) => CountBelow(memcg, isOnline: false);

    private int CountBelow(int top, bool isOnline)
    {
        int count = 0;
        for (int memcg = Next(top, 0); memcg != 0; memcg = Next(top, memcg))
            count += memcg != top && _memcgs[memcg].IsOnline == isOnline ? 1 : 0;
        return count;
    }

    private void Get(int memcg, long references) => _memcgs[memcg].References += references;

    /// <summary>What kept a removed cgroup is gone: with the last of it goes the cgroup (css_put).</summary>
    private void Put(int memcg, long references)
    {
        ref MemCgroup group = ref _memcgs[memcg];
        group.References -= references;
        if (group.References != 0 || group.IsOnline || memcg <= Root)
            return;
        int parent = group.Parent;
        int percpu = PercpuBytes * _stocks.Length;
        Unlink(memcg);
        _names[memcg] = "";
        _memcgs.Free(memcg);
        if (parent > Root)
        {
            CountUp(parent, MemcgStat.PercpuBytes, -percpu);
            UnchargeBytes(parent, percpu);
        }

        Put(parent, 1);
    }
}
