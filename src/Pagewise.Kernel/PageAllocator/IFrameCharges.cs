namespace Pagewise.Kernel.PageAllocator;

/// <summary>Who is told that a frame which a memory cgroup pays for goes back to the allocator (__memcg_kmem_uncharge_page, mem_cgroup_uncharge).</summary>
public interface IFrameCharges
{
    /// <summary>The frame's cgroup pays no longer. The frame still has its flags; its cgroup is forgotten afterwards.</summary>
    /// <param name="pfn">The frame; of a huge page, its first.</param>
    /// <param name="pages">Pages that it stands for.</param>
    void Uncharge(uint pfn, long pages);
}
