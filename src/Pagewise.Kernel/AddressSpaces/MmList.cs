using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// The address spaces of each cgroup in the order of their making (lru_gen_mm_list, mm/vmscan.c, 6.1): whose page tables
/// aging walks. Only where generations are in use.
/// </summary>
/// <param name="spaces">The address spaces.</param>
/// <param name="lru">The generations, which know how far the last walk came.</param>
/// <param name="nodes">The number of nodes.</param>
internal sealed class MmList(AddressSpaceArenas spaces, LruLists lru, int nodes) : IDisposable
{
    /// <summary><see cref="LruGen.MmTail"/> of a list in which nothing is new.</summary>
    public const int End = -1;

    private readonly NativeArray<int> _first = new(PageFrame.MostMemcg + 1);
    private readonly NativeArray<int> _last = new(PageFrame.MostMemcg + 1);

    private int _current;

    /// <summary>The first address space of a cgroup; 0: it has none.</summary>
    public int First(int memcg) => _first[memcg];

    /// <summary>Appends an address space to the list of the running task's cgroup (lru_gen_add_mm).</summary>
    public void Add(int mm) => Add(mm, lru.Memcgs.Current);

    private void Add(int mm, int memcg)
    {
        memcg = Math.Max(memcg, MemCgroups.Root);
        for (int node = 0; node < nodes; node++)
        {
            ref LruGen gen = ref lru.Gen(lru.LruvecOf(memcg, node));
            if (gen.MmTail == End)
                gen.MmTail = mm;
        }

        ref MmStruct space = ref spaces.Mms[mm];
        space.LruGenMemcg = memcg;
        space.LruGenNext = 0;
        space.LruGenPrev = _last[memcg];
        (_last[memcg] != 0 ? ref spaces.Mms[_last[memcg]].LruGenNext : ref _first[memcg]) = mm;
        _last[memcg] = mm;
    }

    /// <summary>Takes an address space off its list (lru_gen_del_mm).</summary>
    public void Remove(int mm)
    {
        ref MmStruct space = ref spaces.Mms[mm];
        int memcg = space.LruGenMemcg;
        if (memcg == 0)
            return;
        if (_current == mm)
            _current = 0;
        for (int node = 0; node < nodes; node++)
        {
            ref LruGen gen = ref lru.Gen(lru.LruvecOf(memcg, node));
            if (gen.MmTail == mm)
                gen.MmTail = space.LruGenNext != 0 ? space.LruGenNext : End;
        }

        (space.LruGenPrev != 0 ? ref spaces.Mms[space.LruGenPrev].LruGenNext : ref _first[memcg]) = space.LruGenNext;
        (space.LruGenNext != 0 ? ref spaces.Mms[space.LruGenNext].LruGenPrev : ref _last[memcg]) = space.LruGenPrev;
        space.LruGenMemcg = 0;
    }

    /// <summary>The process of an address space went to another cgroup (lru_gen_migrate_mm).</summary>
    public void Migrate(int mm, int memcg)
    {
        int old = spaces.Mms[mm].LruGenMemcg;
        if (old == 0 || old == Math.Max(memcg, MemCgroups.Root))
            return;
        Remove(mm);
        Add(mm, memcg);
    }

    /// <summary>An address space is loaded by a CPU, so that it is worth a walk on every node (lru_gen_use_mm).</summary>
    public void Use(int mm)
    {
        _current = mm;
        UseCurrent();
    }

    /// <summary>The address space that was loaded last is loaded again.</summary>
    public void UseCurrent()
    {
        if (_current != 0)
            spaces.Mms[_current].LruGenBitmap = ulong.MaxValue;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first.Dispose();
        _last.Dispose();
    }
}
