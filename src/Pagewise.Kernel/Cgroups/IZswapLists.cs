namespace Pagewise.Kernel.Cgroups;

/// <summary>zswap's lists by cgroup, as far as a cgroup that goes is their affair. Implemented by zswap, and wired when it is on.</summary>
internal interface IZswapLists
{
    /// <summary>A cgroup is removed: what zswap keeps of it stands with another one from now on (memcg_reparent_list_lrus).</summary>
    /// <param name="memcg">The cgroup.</param>
    /// <param name="heir">The nearest above that is not removed.</param>
    void Reparent(int memcg, int heir);
}
