namespace Pagewise.Kernel.Oom;

/// <summary>What was short (enum oom_constraint, include/linux/oom.h).</summary>
public enum OomConstraint
{
    /// <summary><c>CONSTRAINT_NONE</c>: the machine.</summary>
    None = 0,

    /// <summary><c>CONSTRAINT_CPUSET</c>: the nodes that the allocating task's cpuset has.</summary>
    Cpuset = 1,

    /// <summary><c>CONSTRAINT_MEMORY_POLICY</c>: the nodes that the policy of the allocation names.</summary>
    MemoryPolicy = 2,

    /// <summary><c>CONSTRAINT_MEMCG</c>: a cgroup at its limit.</summary>
    Memcg = 3,
}
