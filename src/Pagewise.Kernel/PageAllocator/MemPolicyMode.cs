namespace Pagewise.Kernel.PageAllocator;

/// <summary>How pages are spread over nodes: the MPOL_* modes (include/uapi/linux/mempolicy.h).</summary>
public enum MemPolicyMode : byte
{
    /// <summary><c>MPOL_DEFAULT</c>: the local node first.</summary>
    Default,

    /// <summary><c>MPOL_PREFERRED</c>: a node first, then the others.</summary>
    Preferred,

    /// <summary><c>MPOL_BIND</c>: only the given nodes.</summary>
    Bind,

    /// <summary><c>MPOL_INTERLEAVE</c>: the given nodes in turn.</summary>
    Interleave,

    /// <summary><c>MPOL_LOCAL</c>: the local node first, whatever the task's policy.</summary>
    Local,

    /// <summary><c>MPOL_PREFERRED_MANY</c>: the given nodes first, then the others.</summary>
    PreferredMany,

    /// <summary><c>MPOL_WEIGHTED_INTERLEAVE</c> (since 6.9): the given nodes in turn, each as often as its weight says.</summary>
    WeightedInterleave,
}
