using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>The state of all address spaces of a machine: what Linux keeps in the mm_struct, vm_area_struct and anon_vma slabs.</summary>
public sealed class AddressSpaceArenas : IDisposable
{
    /// <summary>Areas of all address spaces.</summary>
    public Arena<VmArea> Vmas { get; } = new(1 << 25);

    /// <summary>Address spaces.</summary>
    public Arena<MmStruct> Mms { get; } = new(1 << 22);

    /// <summary>anon_vmas.</summary>
    public Arena<AnonVma> AnonVmas { get; } = new(1 << 25);

    /// <summary>Links between areas and anon_vmas.</summary>
    public Arena<AnonVmaChain> AnonVmaChains { get; } = new(1 << 26);

    /// <summary>Memory policies of areas.</summary>
    public MemPolicyTable Policies { get; } = new();

    /// <summary>Pages promised to all address spaces (vm_committed_as).</summary>
    public long CommittedAs { get; set; }

    /// <summary>The inode number that the next file without a disk gets: memfd, shared anonymous memory, MAP_HUGETLB (get_next_ino).</summary>
    public ulong NextInode { get; set; } = 1;

    /// <summary>State of the generator that ASLR draws from.</summary>
    public ulong RandomState { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Vmas.Dispose();
        Mms.Dispose();
        AnonVmas.Dispose();
        AnonVmaChains.Dispose();
    }
}
