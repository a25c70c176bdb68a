using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Cgroups;

/// <summary>
/// The memory cgroups of a machine (mm/memcontrol.c, cgroup v2, 6.1): a tree whose root is index 1. A frame names the
/// one that pays for it in <see cref="PageFrame.Memcg"/>; what the root pays for is not charged and names none.
/// </summary>
/// <remarks>Simplified: at most 4095 cgroups at once, those that are removed and still pay for something included; Linux has 65535.</remarks>
public sealed partial class MemCgroups : IFrameCharges, IDisposable
{
    /// <summary>The root's index.</summary>
    public const int Root = 1;

    private readonly Arena<MemCgroup> _memcgs = new(PageFrame.MostMemcg);
    private readonly List<string> _names = ["", ""];

    /// <summary>The root alone.</summary>
    public MemCgroups()
    {
        int root = _memcgs.Allocate();
        Initialize(ref _memcgs[root]);
    }

    /// <summary>Whether there is any cgroup below the root, removed ones that still pay included.</summary>
    public bool Any => _memcgs.Count > 1;

    /// <summary>One past the highest index ever in use.</summary>
    public int HighWater => _memcgs.HighWater;

    /// <summary>A cgroup.</summary>
    public ref MemCgroup this[int memcg]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _memcgs[memcg];
    }

    /// <summary>Whether an index names a cgroup that is there, removed or not (mem_cgroup_from_id).</summary>
    public bool Exists(int memcg) => memcg == Root || (memcg > 0 && memcg < HighWater && _memcgs[memcg].Parent != 0);

    /// <summary>The cgroup above; 0 for the root and for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ParentOf(int memcg) => _memcgs[memcg].Parent;

    /// <summary>Whether a cgroup is another or below it (mem_cgroup_is_descendant). None counts as the root.</summary>
    public bool IsDescendant(int memcg, int ancestor)
    {
        if (ancestor <= Root)
            return true;
        while (memcg > Root && memcg != ancestor)
            memcg = _memcgs[memcg].Parent;
        return memcg == ancestor;
    }

    /// <summary>
    /// The next cgroup of a subtree, parents before children and older ones first (mem_cgroup_iter,
    /// css_next_descendant_pre). Removed ones that still pay for something are met too.
    /// </summary>
    /// <param name="top">The subtree's top; 0 counts as the root.</param>
    /// <param name="previous">The one before; 0: begin.</param>
    /// <returns>0: that was the last.</returns>
    public int Next(int top, int previous)
    {
        top = Math.Max(top, Root);
        if (previous == 0)
            return top;
        if (_memcgs[previous].FirstChild != 0)
            return _memcgs[previous].FirstChild;
        for (int memcg = previous; memcg != top; memcg = _memcgs[memcg].Parent)
        {
            if (_memcgs[memcg].NextSibling != 0)
                return _memcgs[memcg].NextSibling;
        }

        return 0;
    }

    /// <summary>The last part of a cgroup's path; empty for the root.</summary>
    public string NameOf(int memcg) => _names[memcg];

    /// <summary>A cgroup's path from the root, as /proc/PID/cgroup has it: <c>/</c>, <c>/web/1</c>.</summary>
    public string PathOf(int memcg)
    {
        if (memcg <= Root)
            return "/";
        string path = "";
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
            path = $"/{_names[memcg]}{path}";
        return path;
    }

    /// <summary>The child of a name whose directory is there; 0: none.</summary>
    public int FindChild(int parent, ReadOnlySpan<char> name)
    {
        for (int child = _memcgs[parent].FirstChild; child != 0; child = _memcgs[child].NextSibling)
        {
            if (_memcgs[child].IsOnline && name.SequenceEqual(_names[child]))
                return child;
        }

        return 0;
    }

    /// <summary>The cgroup at a path from the root; 0: there is none.</summary>
    /// <param name="path">Names with slashes between; empty parts are passed over.</param>
    public int Find(ReadOnlySpan<char> path)
    {
        int memcg = Root;
        foreach (Range part in path.Split('/'))
        {
            if (path[part].IsEmpty)
                continue;
            memcg = FindChild(memcg, path[part]);
            if (memcg == 0)
                return 0;
        }

        return memcg;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _objectOwners?.Dispose();
        _memcgs.Dispose();
    }

    private static void Initialize(ref MemCgroup memcg)
    {
        memcg.IsOnline = true;
        memcg.Memory.Limit = PageCounter.Max;
        memcg.Memory.High = PageCounter.Max;
        memcg.Swap.Limit = PageCounter.Max;
        memcg.Swap.High = PageCounter.Max;
        memcg.ZswapMax = PageCounter.Max;
        memcg.ZswapWriteback = true;
    }

    private void Link(int memcg, int parent)
    {
        ref MemCgroup above = ref _memcgs[parent];
        ref MemCgroup made = ref _memcgs[memcg];
        made.Parent = parent;
        made.PreviousSibling = above.LastChild;
        (above.LastChild != 0 ? ref _memcgs[above.LastChild].NextSibling : ref above.FirstChild) = memcg;
        above.LastChild = memcg;
    }

    private void Unlink(int memcg)
    {
        ref MemCgroup gone = ref _memcgs[memcg];
        ref MemCgroup above = ref _memcgs[gone.Parent];
        (gone.PreviousSibling != 0 ? ref _memcgs[gone.PreviousSibling].NextSibling : ref above.FirstChild) = gone.NextSibling;
        (gone.NextSibling != 0 ? ref _memcgs[gone.NextSibling].PreviousSibling : ref above.LastChild) = gone.PreviousSibling;
        gone.Parent = 0;
    }
}
