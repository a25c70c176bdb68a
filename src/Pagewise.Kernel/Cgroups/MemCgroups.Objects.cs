using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Cgroups;

/// <content>
/// Kernel objects, charged by the byte (obj_cgroup_charge): whole pages are charged, and what is left of one waits for the
/// cgroup's next objects.
/// </content>
public sealed partial class MemCgroups
{
    private const int PageBytes = 4096;

    /// <summary>What an object costs besides its own size: the pointer to who pays (obj_full_size).</summary>
    private const int PointerBytes = 8;

    private const int GranuleShift = 5;

    private NativeArray<ushort>? _objectOwners;

    /// <summary>Told when a cgroup is removed and its kernel objects become those of one above: which, and which (memcg_offline_kmem).</summary>
    internal Action<int, int>? Reparent { get; set; }

    /// <summary>Lets the running task's cgroup pay for a kernel object (memcg_slab_pre_alloc_hook).</summary>
    /// <param name="gfp">How hard to try.</param>
    /// <param name="sizeBytes">Its size in the cache.</param>
    public bool ChargeObject(Gfp gfp, int sizeBytes) => ChargeBytes(Current, gfp, sizeBytes + PointerBytes);

    /// <summary>Notes who pays for an object that was charged (memcg_slab_post_alloc_hook).</summary>
    /// <param name="address">Its physical address.</param>
    /// <param name="sizeBytes">Its size in the cache.</param>
    /// <param name="isReclaimable">Whether a shrinker can free it.</param>
    public void OwnObject(ulong address, int sizeBytes, bool isReclaimable)
    {
        _objectOwners ??= new NativeArray<ushort>(_memMap!.Memory.SizeBytes >> GranuleShift);
        _objectOwners[address >> GranuleShift] = (ushort)Current;
        CountUp(Current, isReclaimable ? MemcgStat.SlabReclaimableBytes : MemcgStat.SlabUnreclaimableBytes, sizeBytes + PointerBytes);
        Get(Current, 1);
    }

    /// <summary>An object was charged, and then there was none.</summary>
    public void CancelObject(int sizeBytes) => UnchargeBytes(Current, sizeBytes + PointerBytes);

    /// <summary>An object is given back (memcg_slab_free_hook).</summary>
    /// <param name="address">Its physical address.</param>
    /// <param name="sizeBytes">Its size in the cache.</param>
    /// <param name="isReclaimable">Whether a shrinker can free it.</param>
    public void FreeObject(ulong address, int sizeBytes, bool isReclaimable)
    {
        if (_objectOwners is null)
            return;
        ref ushort owner = ref _objectOwners[address >> GranuleShift];
        int memcg = owner;
        if (memcg == 0)
            return;
        owner = 0;
        CountUp(memcg, isReclaimable ? MemcgStat.SlabReclaimableBytes : MemcgStat.SlabUnreclaimableBytes, -(sizeBytes + PointerBytes));
        UnchargeBytes(memcg, sizeBytes + PointerBytes);
        Put(memcg, 1);
    }

    /// <summary>The cgroup that pays for an object, or when it is removed the one above it that is left; the root where none does.</summary>
    /// <param name="address">The object's physical address.</param>
    public int OwnerOf(ulong address)
    {
        int memcg = _objectOwners is null ? 0 : _objectOwners[address >> GranuleShift];
        return memcg == 0 ? Root : HeirOf(memcg);
    }

    private bool ChargeBytes(int memcg, Gfp gfp, int bytes)
    {
        if (memcg <= Root)
            return true;
        ref MemcgStock stock = ref _stocks[CurrentCpu];
        if (stock.ObjectMemcg == memcg && stock.ObjectBytes >= bytes)
        {
            stock.ObjectBytes -= bytes;
            return true;
        }

        int pages = (bytes + PageBytes - 1) / PageBytes;
        if (!TryCharge(memcg, gfp, pages))
            return false;
        CountUp(memcg, MemcgStat.Kernel, pages);
        RefillObjectStock(memcg, (pages * PageBytes) - bytes, mayUncharge: false);
        return true;
    }

    private void UnchargeBytes(int memcg, int bytes)
    {
        memcg = HeirOf(memcg);
        if (memcg > Root)
            RefillObjectStock(memcg, bytes, mayUncharge: true);
    }

    /// <summary>The cgroup that has the kernel memory of one: itself, or when it is removed the nearest above that is not (memcg_reparent_objcgs).</summary>
    private int HeirOf(int memcg)
    {
        while (memcg > Root && !_memcgs[memcg].IsOnline)
            memcg = _memcgs[memcg].Parent;
        return memcg;
    }

    /// <summary>refill_obj_stock.</summary>
    private void RefillObjectStock(int memcg, int bytes, bool mayUncharge)
    {
        ref MemcgStock stock = ref _stocks[CurrentCpu];
        while (stock.ObjectMemcg != 0 && stock.ObjectMemcg != memcg)
            DrainObjectStock(ref stock);
        if (stock.ObjectMemcg == 0)
        {
            stock.ObjectMemcg = memcg;
            Get(memcg, 1);
            stock.ObjectBytes = _memcgs[memcg].ObjectBytes;
            _memcgs[memcg].ObjectBytes = 0;
            mayUncharge = true;
        }

        stock.ObjectBytes += bytes;
        if (mayUncharge && stock.ObjectBytes > PageBytes)
        {
            int pages = stock.ObjectBytes / PageBytes;
            stock.ObjectBytes %= PageBytes;
            UnchargeKernelPages(memcg, pages);
        }
    }

    /// <summary>drain_obj_stock: whole pages are given back, the rest is the cgroup's for another time.</summary>
    private void DrainObjectStock(ref MemcgStock stock)
    {
        int memcg = stock.ObjectMemcg;
        if (memcg == 0)
            return;
        int bytes = stock.ObjectBytes;
        stock.ObjectBytes = 0;
        stock.ObjectMemcg = 0;
        _memcgs[memcg].ObjectBytes += bytes % PageBytes;
        if (bytes >= PageBytes)
            UnchargeKernelPages(memcg, bytes / PageBytes);
        Put(memcg, 1);
    }

    /// <summary>obj_cgroup_uncharge_pages: to the CPU's stock.</summary>
    private void UnchargeKernelPages(int memcg, int pages)
    {
        CountUp(memcg, MemcgStat.Kernel, -pages);
        RefillStock(memcg, pages);
    }
}
