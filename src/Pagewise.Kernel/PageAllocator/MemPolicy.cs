using System.Numerics;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// The memory policy of a task or a range: <c>struct mempolicy</c> (mm/mempolicy.c), with the task's place in the
/// interleaving. All zero is the default policy. Simplified: no MPOL_F_* flags, no home node, no rebinding to cpusets.
/// </summary>
public struct MemPolicy
{
    /// <summary>An interleave index that stands for "the task's next node" (NO_INTERLEAVE_INDEX).</summary>
    public const ulong NoInterleaveIndex = ulong.MaxValue;

    /// <summary>The nodes, a bit each; unused by <see cref="MemPolicyMode.Default"/> and <see cref="MemPolicyMode.Local"/>.</summary>
    public ulong Nodes;

    /// <summary>How they are used.</summary>
    public MemPolicyMode Mode;

    /// <summary>The task's last interleaved node plus one (il_prev); 0: none yet.</summary>
    public byte InterleavePreviousPlusOne;

    /// <summary>Pages that the last node is still to give (il_weight).</summary>
    public byte InterleaveWeight;

    /// <summary>A policy, checked as set_mempolicy and mbind do (mpol_new).</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="nodes">The nodes, a bit each.</param>
    /// <param name="online">Nodes with memory.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>Whether it is valid; if not the call fails with EINVAL.</returns>
    public static bool TryCreate(MemPolicyMode mode, ulong nodes, ulong online, out MemPolicy policy)
    {
        policy = default;
        switch (mode)
        {
            case MemPolicyMode.Default or MemPolicyMode.Local:
                if (nodes != 0)
                    return false;
                policy.Mode = mode;
                return true;
            case MemPolicyMode.Preferred when nodes == 0:
                policy.Mode = MemPolicyMode.Local;
                return true;
            case > MemPolicyMode.WeightedInterleave:
                return false;
            default:
                policy.Mode = mode;
                policy.Nodes = nodes & online;
                if (mode == MemPolicyMode.Preferred)
                    policy.Nodes &= ~(policy.Nodes - 1);
                return policy.Nodes != 0;
        }
    }

    /// <summary>The interleave index of a page in a range: pages keep their node when the range is split or moved.</summary>
    /// <param name="pageOffset">The range's offset in its object, pages (vm_pgoff).</param>
    /// <param name="pageInRange">The page's number in the range.</param>
    /// <param name="order">The block wanted.</param>
    public static ulong InterleaveIndex(ulong pageOffset, ulong pageInRange, int order) => (pageOffset >> order) + (pageInRange >> order);

    /// <summary>The first node; -1: none.</summary>
    internal readonly int FirstNode => Nodes == 0 ? -1 : BitOperations.TrailingZeroCount(Nodes);

    /// <summary>next_node_in: the node after another one, round and round.</summary>
    internal readonly int NextNode(int node)
    {
        ulong after = node >= 63 ? 0 : Nodes & (ulong.MaxValue << (node + 1));
        return BitOperations.TrailingZeroCount(after != 0 ? after : Nodes);
    }
}
