using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Slab;

/// <summary>
/// The caches of a release: those of the objects that are modelled, and kmalloc's, in the order in which Linux makes
/// them. Sizes are those of the two kernels that were looked at: 6.1 as Debian 12 builds it (the recorded guest's
/// /proc/slabinfo; ext4's as other distributions' kernels of that time have it) and 6.18 (a live host's
/// /sys/kernel/slab). Releases between take the older one's.
/// </summary>
/// <remarks>
/// Simplified: a structure's size depends on the configuration, and task_struct's and mm_struct's also on the CPU; one
/// configuration for each release is known here.
/// </remarks>
internal static class KmemCacheTable
{
    private static readonly KernelVersion NewSizes = new(6, 18);

    private static readonly int[] KmallocSizes = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];

    private static readonly int[] KmallocSizesUneven = [96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];

    /// <summary>The caches of a release, the oldest first.</summary>
    public static IReadOnlyList<KmemCacheSpec> Of(KernelVersion kernel) =>
        kernel < NewSizes
            ? [.. Kmalloc(KmallocSizes, ["kmalloc-", "kmalloc-cg-", "kmalloc-rcl-", "dma-kmalloc-"]), .. Sizes61]
            : [.. Kmalloc(KmallocSizesUneven, ["kmalloc-", "kmalloc-rcl-", "dma-kmalloc-", "kmalloc-cg-"]), .. Sizes618];

    private const SlabFlags Line = SlabFlags.HwCacheAlign;
    private const SlabFlags Memcg = SlabFlags.Account;
    private const SlabFlags Reclaim = SlabFlags.ReclaimAccount;
    private const SlabFlags Alone = SlabFlags.NoMerge;

    private static KmemCacheSpec[] Sizes61 =>
    [
        new("vmap_area", 64, 0, SlabFlags.None),
        new("mm_struct", 1152, 64, Line | Memcg | Alone),
        new("radix_tree_node", 584, 0, Reclaim | Alone),
        new("maple_node", 256, 256, SlabFlags.None),
        new("numa_policy", 272, 0, SlabFlags.None),
        new("pid", 128, 0, Line | Memcg),
        new("anon_vma", 104, 0, Memcg | Alone),
        new("anon_vma_chain", 64, 0, Memcg),
        new("cred_jar", 192, 0, Line | Memcg),
        new("task_struct", 8448, 64, Memcg | Alone),
        new("sighand_cache", 2112, 0, Line | Memcg | Alone),
        new("signal_cache", 1152, 0, Line | Memcg),
        new("files_cache", 704, 0, Line | Memcg),
        new("fs_cache", 56, 0, Line | Memcg),
        new("vm_area_struct", 152, 0, Memcg),
        new("dentry", 192, 0, Reclaim | Memcg | Alone),
        new("inode_cache", 640, 0, Reclaim | Memcg | Alone),
        new("filp", 232, 0, Line | Memcg),
        new("shmem_inode_cache", 784, 0, Memcg | Alone),
        new("buffer_head", 104, 0, Reclaim | Alone),
        new("hugetlbfs_inode_cache", 664, 0, Memcg | Alone),
        new("ext4_inode_cache", 1184, 0, Reclaim | Memcg | Alone),
    ];

    private static KmemCacheSpec[] Sizes618 =>
    [
        new("vmap_area", 72, 0, SlabFlags.None),
        new("mm_struct", 1568, 64, Line | Memcg | Alone),
        new("maple_node", 256, 256, SlabFlags.None),
        new("radix_tree_node", 584, 0, Reclaim | Alone),
        new("numa_policy", 288, 0, SlabFlags.None),
        new("pid", 184, 0, Line | Memcg),
        new("anon_vma", 104, 0, Memcg | Alone),
        new("anon_vma_chain", 64, 0, Memcg),
        new("task_struct", 5840, 64, Memcg | Alone),
        new("sighand_cache", 2080, 0, Line | Memcg | Alone),
        new("signal_cache", 1152, 0, Line | Memcg),
        new("files_cache", 704, 0, Line | Memcg),
        new("fs_cache", 64, 0, Line | Memcg),
        new("vm_area_struct", 192, 0, Line | Memcg | Alone),
        new("cred", 184, 0, Line | Memcg),
        new("dentry", 192, 0, Reclaim | Memcg | Alone),
        new("inode_cache", 624, 0, Reclaim | Memcg | Alone),
        new("filp", 184, 0, Line | Memcg | Alone),
        new("shmem_inode_cache", 752, 0, Memcg | Alone),
        new("buffer_head", 104, 0, Reclaim | Alone),
        new("hugetlbfs_inode_cache", 632, 0, Memcg | Alone),
        new("ext4_inode_cache", 1128, 0, Reclaim | Memcg | Alone),
    ];

    // Sizes of powers of two are aligned to themselves; hardened user copies keep all of them apart from other caches.
    private static List<KmemCacheSpec> Kmalloc(int[] sizes, string[] families)
    {
        var caches = new List<KmemCacheSpec>();
        foreach (string family in families)
        {
            SlabFlags flags = family switch
            {
                "kmalloc-cg-" => Memcg,
                "kmalloc-rcl-" => Reclaim,
                "dma-kmalloc-" => SlabFlags.CacheDma,
                _ => SlabFlags.None,
            };
            foreach (int size in sizes)
                caches.Add(new(family + KmallocName(size), size, Math.Min(size & -size, Pfn.SizeBytes), flags | Alone));
        }

        return caches;
    }

    private static string KmallocName(int size) =>
        size >= 1024 ? (size >> 10).ToString(CultureInfo.InvariantCulture) + "k" : size.ToString(CultureInfo.InvariantCulture);
}
