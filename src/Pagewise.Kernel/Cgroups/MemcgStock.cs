namespace Pagewise.Kernel.Cgroups;

/// <summary>What a CPU has charged in advance, so that most charges touch no counter (struct memcg_stock_pcp). It serves one cgroup at a time.</summary>
internal struct MemcgStock
{
    /// <summary>The cgroup that <see cref="Pages"/> are charged to.</summary>
    public int Memcg;

    /// <summary>Pages in stock.</summary>
    public long Pages;

    /// <summary>The cgroup whose kernel objects <see cref="ObjectBytes"/> are for.</summary>
    public int ObjectMemcg;

    /// <summary>Bytes of charged pages that no kernel object has yet, less than a page.</summary>
    public int ObjectBytes;
}
