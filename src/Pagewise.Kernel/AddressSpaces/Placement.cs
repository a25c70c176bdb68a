namespace Pagewise.Kernel.AddressSpaces;

/// <summary>Which get_unmapped_area a mapping's memory has.</summary>
public enum Placement
{
    /// <summary>Anonymous private memory: aligned for huge pages where the release does so.</summary>
    Anonymous,

    /// <summary>A file whose file system aligns mappings for huge pages (thp_get_unmapped_area: ext4 and its like).</summary>
    Thp,

    /// <summary>Shared memory with shmem_enabled "never", and everything else: no alignment.</summary>
    Plain,

    /// <summary>hugetlbfs: on a boundary of its page size, and a hint is rounded up to one (hugetlb_get_unmapped_area).</summary>
    HugeTlb,
}
