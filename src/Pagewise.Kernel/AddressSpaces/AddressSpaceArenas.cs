using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>The state of all address spaces of a machine: what Linux keeps in the mm_struct, vm_area_struct and anon_vma slabs.</summary>
/// <param name="caches">Where the objects come from.</param>
public sealed class AddressSpaceArenas(KmemCaches caches) : IDisposable
{
    /// <summary>Areas of all address spaces.</summary>
    public Arena<VmArea> Vmas => VmaSlab.Items;

    /// <summary>Address spaces.</summary>
    public Arena<MmStruct> Mms => MmSlab.Items;

    /// <summary>anon_vmas.</summary>
    public Arena<AnonVma> AnonVmas => AnonVmaSlab.Items;

    /// <summary>Links between areas and anon_vmas.</summary>
    public Arena<AnonVmaChain> AnonVmaChains => AnonVmaChainSlab.Items;

    /// <summary>Makes and ends <see cref="Vmas"/> (vm_area_cachep).</summary>
    public SlabArena<VmArea> VmaSlab { get; } = new(1 << 25, caches.VmArea);

    /// <summary>Makes and ends <see cref="Mms"/> (mm_cachep).</summary>
    public SlabArena<MmStruct> MmSlab { get; } = new(1 << 22, caches.MmStruct);

    /// <summary>Makes and ends <see cref="AnonVmas"/> (anon_vma_cachep).</summary>
    public SlabArena<AnonVma> AnonVmaSlab { get; } = new(1 << 25, caches.AnonVma);

    /// <summary>Makes and ends <see cref="AnonVmaChains"/> (anon_vma_chain_cachep).</summary>
    public SlabArena<AnonVmaChain> AnonVmaChainSlab { get; } = new(1 << 26, caches.AnonVmaChain);

    /// <summary>Adds the kernel objects in use to a list.</summary>
    public void CollectObjects(List<ulong> into)
    {
        VmaSlab.CollectObjects(into);
        MmSlab.CollectObjects(into);
        AnonVmaSlab.CollectObjects(into);
        AnonVmaChainSlab.CollectObjects(into);
    }

    /// <summary>Memory policies of areas.</summary>
    public MemPolicyTable Policies { get; } = new();

    /// <summary>The address spaces that aging walks; null: the classic LRU lists.</summary>
    internal MmList? LruGenMms { get; set; }

    /// <summary>The address spaces in which swapoff looks for pages.</summary>
    internal SwappedMms Swapped => field ??= new SwappedMms(Mms);

    /// <summary>Pages promised to all address spaces (vm_committed_as).</summary>
    public long CommittedAs { get; set; }

    /// <summary>The inode number that the next file without a disk gets: memfd, shared anonymous memory, MAP_HUGETLB (get_next_ino).</summary>
    public ulong NextInode { get; set; } = 1;

    /// <summary>State of the generator that ASLR draws from.</summary>
    public ulong RandomState { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        LruGenMms?.Dispose();
        VmaSlab.Dispose();
        MmSlab.Dispose();
        AnonVmaSlab.Dispose();
        AnonVmaChainSlab.Dispose();
    }
}
