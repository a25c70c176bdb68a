using Pagewise.Abi;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Slab;

/// <summary>
/// All kmem caches of a machine (mm/slab_common.c): the kernel's own objects stand in them. Caches of like size and
/// flags share their slabs under the name of the older one, as without slab_nomerge.
/// </summary>
/// <remarks>Simplified: only caches whose objects are modelled, and kmalloc's; the caches themselves take no memory.</remarks>
public sealed class KmemCaches : IDisposable
{
    private readonly List<KmemCache> _caches = [];
    private readonly SortedDictionary<string, KmemCache> _byName = new(StringComparer.Ordinal);
    private readonly BuddyAllocator _pages;
    private readonly MemMap _memMap;

    /// <summary>Makes the caches of a release.</summary>
    /// <param name="kernel">The release.</param>
    /// <param name="pages">Who has the pages.</param>
    /// <param name="memMap">The frames.</param>
    /// <param name="stat">Counters.</param>
    /// <param name="memcgs">Memory cgroups, which pay for objects; null: there are none.</param>
    public KmemCaches(KernelVersion kernel, BuddyAllocator pages, MemMap memMap, VmStat stat, MemCgroups? memcgs = null)
    {
        Memcgs = memcgs ?? new MemCgroups();
        _pages = pages;
        _memMap = memMap;
        foreach (KmemCacheSpec spec in KmemCacheTable.Of(kernel))
        {
            SlabLayout layout = SlabLayout.Of(spec.ObjectBytes, spec.AlignBytes, (spec.Flags & SlabFlags.HwCacheAlign) != 0, kernel, pages.Zones.CpuCount);
            KmemCache? alike = FindMergeable(spec, layout);
            if (alike is null)
            {
                alike = new KmemCache(_caches.Count + 1, spec, layout, pages, memMap, stat, Memcgs);
                _caches.Add(alike);
            }

            _byName.Add(spec.Name, alike);
        }

        TaskStruct = Find("task_struct");
        MmStruct = Find("mm_struct");
        VmArea = Find("vm_area_struct");
        AnonVma = Find("anon_vma");
        AnonVmaChain = Find("anon_vma_chain");
        Cred = _byName.GetValueOrDefault("cred") ?? Find("cred_jar");
        Files = Find("files_cache");
        Fs = Find("fs_cache");
        Sighand = Find("sighand_cache");
        Signal = Find("signal_cache");
        Pid = Find("pid");
        Filp = Find("filp");
        Dentry = Find("dentry");
        Inode = Find("inode_cache");
        ShmemInode = Find("shmem_inode_cache");
        HugeTlbInode = Find("hugetlbfs_inode_cache");
        Ext4Inode = Find("ext4_inode_cache");
        RadixTreeNode = Find("radix_tree_node");
        VmapArea = Find("vmap_area");
        BufferHead = Find("buffer_head");
    }

    /// <summary>The memory cgroups.</summary>
    public MemCgroups Memcgs { get; }

    /// <summary>The caches that have slabs of their own, the oldest first.</summary>
    public IReadOnlyList<KmemCache> All => _caches;

    /// <summary>task_struct.</summary>
    public KmemCache TaskStruct { get; }

    /// <summary>mm_struct.</summary>
    public KmemCache MmStruct { get; }

    /// <summary>vm_area_struct.</summary>
    public KmemCache VmArea { get; }

    /// <summary>anon_vma.</summary>
    public KmemCache AnonVma { get; }

    /// <summary>anon_vma_chain.</summary>
    public KmemCache AnonVmaChain { get; }

    /// <summary>Credentials: cred, called cred_jar in older releases.</summary>
    public KmemCache Cred { get; }

    /// <summary>files_cache: files_struct.</summary>
    public KmemCache Files { get; }

    /// <summary>fs_cache: fs_struct.</summary>
    public KmemCache Fs { get; }

    /// <summary>sighand_cache: sighand_struct.</summary>
    public KmemCache Sighand { get; }

    /// <summary>signal_cache: signal_struct.</summary>
    public KmemCache Signal { get; }

    /// <summary>pid.</summary>
    public KmemCache Pid { get; }

    /// <summary>filp: open files.</summary>
    public KmemCache Filp { get; }

    /// <summary>dentry.</summary>
    public KmemCache Dentry { get; }

    /// <summary>inode_cache: inodes of file systems without an inode of their own, such as pipes.</summary>
    public KmemCache Inode { get; }

    /// <summary>shmem_inode_cache.</summary>
    public KmemCache ShmemInode { get; }

    /// <summary>hugetlbfs_inode_cache.</summary>
    public KmemCache HugeTlbInode { get; }

    /// <summary>ext4_inode_cache.</summary>
    public KmemCache Ext4Inode { get; }

    /// <summary>radix_tree_node: nodes of xarrays, the index of cached pages.</summary>
    public KmemCache RadixTreeNode { get; }

    /// <summary>vmap_area: what vmalloc has handed out.</summary>
    public KmemCache VmapArea { get; }

    /// <summary>buffer_head: blocks of the device in memory.</summary>
    public KmemCache BufferHead { get; }

    /// <summary>The cache that a name stands for, its own or one that it was merged into.</summary>
    /// <exception cref="KeyNotFoundException">The release has no cache of that name.</exception>
    public KmemCache Find(string name) => _byName[name];

    /// <summary>The cache that kmalloc takes so many bytes from (kmalloc_slab).</summary>
    /// <param name="bytes">1 to 8192.</param>
    /// <exception cref="ArgumentOutOfRangeException">More is for the page allocator.</exception>
    public KmemCache Kmalloc(int bytes)
    {
        KmemCache? best = null;
        foreach (KmemCache cache in _caches)
        {
            if (cache.Name.StartsWith("kmalloc-", StringComparison.Ordinal) && char.IsAsciiDigit(cache.Name["kmalloc-".Length])
                && cache.Layout.Size >= bytes && (best is null || cache.Layout.Size < best.Layout.Size))
                best = cache;
        }

        return best ?? throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "kmalloc's largest cache has 8192 bytes");
    }

    /// <summary>Gives an object back to the cache that its slab belongs to (kfree).</summary>
    public void Free(ulong item) => _caches[_memMap[KmemCache.SlabOf(item)].Mapping - 1].Free(item);

    /// <summary>
    /// Gives every CPU a slab of each cache, with all objects free, as a machine has on which others than the modelled
    /// programs have run: how many of its objects are free no file of /proc says.
    /// </summary>
    public void Prime()
    {
        int current = _pages.CurrentCpu;
        for (int cpu = 0; cpu < _pages.Zones.CpuCount; cpu++)
        {
            _pages.CurrentCpu = cpu;
            foreach (KmemCache cache in _caches)
            {
                ulong item = cache.Allocate(Gfp.Kernel);
                if (item != 0)
                    cache.Free(item);
            }
        }

        _pages.CurrentCpu = current;
    }

    /// <summary>Checks every list and count of all caches against the objects that are in use.</summary>
    /// <param name="inUse">All objects that are in use.</param>
    /// <exception cref="InvalidOperationException">Something is inconsistent; the message says what and where.</exception>
    public void Validate(IReadOnlyList<ulong> inUse)
    {
        var byCache = new List<ulong>[_caches.Count];
        for (int i = 0; i < byCache.Length; i++)
            byCache[i] = [];
        foreach (ulong item in inUse)
        {
            int cache = _memMap[KmemCache.SlabOf(item)].Mapping;
            if ((uint)(cache - 1) >= (uint)byCache.Length)
                throw new InvalidOperationException($"object {item:x} lies in no slab");
            byCache[cache - 1].Add(item);
        }

        for (int i = 0; i < byCache.Length; i++)
            _caches[i].Validate(byCache[i]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KmemCache cache in _caches)
            cache.Dispose();
    }

    /// <summary>find_mergeable: the oldest cache whose objects are large enough, by less than a word too large, and of the same kind.</summary>
    private KmemCache? FindMergeable(in KmemCacheSpec spec, in SlabLayout layout)
    {
        if ((spec.Flags & SlabFlags.NoMerge) != 0)
            return null;
        int align = SlabLayout.AlignOf(spec.ObjectBytes, spec.AlignBytes, (spec.Flags & SlabFlags.HwCacheAlign) != 0);
        foreach (KmemCache cache in _caches)
        {
            int size = cache.Layout.Size;
            if ((cache.Spec.Flags & SlabFlags.NoMerge) == 0
                && size >= layout.Size && size - layout.Size < sizeof(ulong) && size % align == 0
                && ((cache.Spec.Flags ^ spec.Flags) & SlabFlags.MergeSame) == 0)
                return cache;
        }

        return null;
    }
}
