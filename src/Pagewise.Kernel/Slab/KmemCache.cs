using System.Runtime.CompilerServices;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Slab;

/// <summary>
/// A cache of objects of one size: SLUB (mm/slub.c). A CPU takes objects from its own slab, then from its partial
/// slabs, then from its node's, then from a new slab; what another CPU frees goes to the slab's own list. A free object
/// holds the number of the next one in its first bytes.
/// </summary>
/// <remarks>
/// Simplified: no debugging, red zones, random or hardened free lists; objects that were never used are handed out in
/// ascending order without being linked first; partial slabs of other nodes are not searched; no sheaves (6.18 has them
/// for vm_area_struct and maple_node). The head frame describes a slab: see the partial class of slabs.
/// </remarks>
public sealed partial class KmemCache : IDisposable
{
    private readonly BuddyAllocator _pages;
    private readonly MemMap _memMap;
    private readonly PhysicalMemory _memory;
    private readonly NativeArray<CpuSlab> _cpus;
    private readonly NativeArray<PartialList> _nodes;
    private readonly VmStat _stat;
    private readonly MemCgroups _memcgs;
    private readonly bool _isAccounted;
    private readonly ulong _size;
    private readonly int _number;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="number">What its slabs are marked with, from 1; see <see cref="KmemCaches"/>.</param>
    /// <param name="spec">What it is for.</param>
    /// <param name="layout">How slabs are cut.</param>
    /// <param name="pages">Who has the pages.</param>
    /// <param name="memMap">The frames.</param>
    /// <param name="stat">Counters.</param>
    /// <param name="memcgs">Memory cgroups, which pay for objects of caches with SLAB_ACCOUNT; null: there are none.</param>
    public KmemCache(int number, KmemCacheSpec spec, SlabLayout layout, BuddyAllocator pages, MemMap memMap, VmStat stat, MemCgroups? memcgs = null)
    {
        _memcgs = memcgs ?? new MemCgroups();
        _isAccounted = (spec.Flags & SlabFlags.Account) != 0;
        Spec = spec;
        Layout = layout;
        IsReclaimable = (spec.Flags & SlabFlags.ReclaimAccount) != 0;
        Flags = (IsReclaimable ? Gfp.Reclaimable : Gfp.None) | ((spec.Flags & SlabFlags.CacheDma) != 0 ? Gfp.Dma : Gfp.None);
        _number = number;
        _pages = pages;
        _memMap = memMap;
        _stat = stat;
        _memory = memMap.Memory;
        _size = (ulong)layout.Size;
        _cpus = new NativeArray<CpuSlab>((ulong)pages.Zones.CpuCount);
        _nodes = new NativeArray<PartialList>((ulong)pages.Zones.NodeCount);
    }

    /// <summary>What it was made for.</summary>
    public KmemCacheSpec Spec { get; }

    /// <summary>The name in /proc/slabinfo.</summary>
    public string Name => Spec.Name;

    /// <summary>How slabs are cut.</summary>
    public SlabLayout Layout { get; }

    /// <summary>Whether its pages count as reclaimable (nr_slab_reclaimable).</summary>
    public bool IsReclaimable { get; }

    /// <summary>What slabs are asked for with, besides the caller's flags (allocflags).</summary>
    public Gfp Flags { get; }

    /// <summary>Slabs.</summary>
    public long Slabs { get; private set; }

    /// <summary>Pages of all slabs.</summary>
    public long Pages { get; private set; }

    /// <summary>Objects of all slabs, in use or free (num_objs).</summary>
    public long Objects { get; private set; }

    /// <summary>Objects in use.</summary>
    public long InUse { get; private set; }

    /// <summary>What slabinfo shows as active: all but the free objects of nodes' partial slabs, for those of CPUs are not looked at (get_slabinfo).</summary>
    public long ActiveObjects
    {
        get
        {
            long free = 0;
            for (int node = 0; node < _pages.Zones.NodeCount; node++)
            {
                for (uint slab = _nodes[node].First; slab != 0; slab = _memMap[slab].Next)
                    free += ObjectsOf(slab) - _memMap[slab].MapCount;
            }

            return Objects - free;
        }
    }

    /// <summary>Takes an object (kmem_cache_alloc).</summary>
    /// <param name="gfp">The caller's flags; they decide how hard a new slab is asked for.</param>
    /// <returns>The object: its slab's first frame and its number in it; 0 when there is no memory.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Allocate(Gfp gfp) => _memcgs.Current > MemCgroups.Root && (_isAccounted || (gfp & Gfp.Account) != 0) ? AllocateCharged(gfp) : AllocateUncharged(gfp);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong AllocateUncharged(Gfp gfp)
    {
        ref CpuSlab cpu = ref _cpus[_pages.CurrentCpu];
        uint free = cpu.Free;
        if (free == 0)
            return AllocateSlow(ref cpu, gfp);
        cpu.Free = Link(cpu.Slab, free);
        _memMap[cpu.Slab].MapCount++;
        InUse++;
        return Handle(cpu.Slab, free);
    }

    /// <summary>Gives an object back (kmem_cache_free).</summary>
    /// <param name="item">What <see cref="Allocate"/> returned.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(ulong item)
    {
        if (_memcgs.Any)
            _memcgs.FreeObject(AddressOf(item), Layout.Size, IsReclaimable);
        uint slab = SlabOf(item);
        uint number = (uint)item & NumberMask;
        ref CpuSlab cpu = ref _cpus[_pages.CurrentCpu];
        InUse--;
        ref PageFrame frame = ref _memMap[slab];
        frame.MapCount--;
        if (slab == cpu.Slab)
        {
            Link(slab, number) = cpu.Free;
            cpu.Free = number;
            return;
        }

        FreeSlow(ref cpu, slab, ref frame, number);
    }

    /// <summary>The first frame of the slab that an object lies in (virt_to_slab).</summary>
    public static uint SlabOf(ulong item) => (uint)(item >> NumberBits);

    /// <summary>The physical address of an object.</summary>
    public ulong AddressOf(ulong item) => ((ulong)SlabOf(item) << Pfn.Shift) + (((item & NumberMask) - 1) * _size);

    /// <summary>Nodes of the machine.</summary>
    public int NodeCount => _pages.Zones.NodeCount;

    /// <summary>The node that an object lies in (page_to_nid).</summary>
    public int NodeOf(ulong item) => _pages.Zones[_pages.ZoneOf(SlabOf(item))].Node;

    /// <summary>The cgroup that pays for an object, or the one above it that is left; the root where none does (mem_cgroup_from_slab_obj).</summary>
    public int MemcgOf(ulong item) => _memcgs.OwnerOf(AddressOf(item));

    /// <summary>Gives back what no object stands in: CPUs let their slabs go, empty slabs become pages (kmem_cache_shrink).</summary>
    public void Shrink()
    {
        for (int index = 0; index < _pages.Zones.CpuCount; index++)
        {
            ref CpuSlab cpu = ref _cpus[index];
            Deactivate(ref cpu);
            UnfreezePartials(ref cpu);
        }

        for (int node = 0; node < _pages.Zones.NodeCount; node++)
        {
            for (uint slab = _nodes[node].First, next; slab != 0; slab = next)
            {
                next = _memMap[slab].Next;
                if (_memMap[slab].MapCount != 0)
                    continue;
                RemovePartial(ref _nodes[node], slab);
                Discard(slab);
            }
        }
    }

    /// <summary>An object that the running task's cgroup pays for; 0 when it cannot, or there is no memory.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong AllocateCharged(Gfp gfp)
    {
        if (!_memcgs.ChargeObject(gfp, Layout.Size))
            return 0;
        ulong item = AllocateUncharged(gfp);
        if (item == 0)
            _memcgs.CancelObject(Layout.Size);
        else
            _memcgs.OwnObject(AddressOf(item), Layout.Size, IsReclaimable);
        return item;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cpus.Dispose();
        _nodes.Dispose();
    }

    /// <summary>A CPU's slab (kmem_cache_cpu).</summary>
    private struct CpuSlab
    {
        /// <summary>The slab that objects come from; 0: none.</summary>
        public uint Slab;

        /// <summary>The first free object of it that is this CPU's; 0: none.</summary>
        public uint Free;

        /// <summary>The partial slabs kept for later.</summary>
        public uint Partial;

        /// <summary>How many they are.</summary>
        public int PartialSlabs;
    }

    /// <summary>A node's partial slabs (kmem_cache_node).</summary>
    private struct PartialList
    {
        public uint First;
        public uint Last;
        public int Count;
    }
}
