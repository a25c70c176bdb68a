using System.Numerics;

namespace Pagewise.Kernel.PageAllocator;

/// <content>Memory policies: which node an allocation asks, and which may answer (mm/mempolicy.c).</content>
public sealed partial class BuddyAllocator
{
    private readonly byte[] _interleaveWeights = new byte[ZoneTable.MaxNodes];
    private MemPolicy _taskPolicy;
    private ulong _memsAllowed = AllNodes;
    private ZoneType _policyZone;

    /// <summary>The policy of the task that runs now, with its place in the interleaving. A scheduler sets and reads it back when tasks change.</summary>
    public MemPolicy TaskPolicy
    {
        get => _taskPolicy;
        set
        {
            _taskPolicy = value;
            ChooseWay();
        }
    }

    /// <summary>The nodes that the task that runs now may use, a bit each (current->mems_allowed); all bits: no cpuset says otherwise. A scheduler sets it.</summary>
    public ulong MemsAllowed
    {
        get => _memsAllowed;
        set
        {
            _memsAllowed = value;
            ChooseWay();
        }
    }

    /// <summary>Whether the task that runs now has a policy of its own.</summary>
    public bool HasTaskPolicy => _taskPolicy.Mode != MemPolicyMode.Default;

    /// <summary>Nodes with memory, a bit each (node_states[N_MEMORY]).</summary>
    public ulong NodesWithMemory
    {
        get
        {
            ulong nodes = 0;
            for (int index = 0; index < _zones.ZoneCount; index++)
                nodes |= _zones[index].ManagedPages != 0 ? 1UL << _zones[index].Node : 0;
            return nodes;
        }
    }

    /// <summary>Sets a node's weight for weighted interleaving (/sys/kernel/mm/mempolicy/weighted_interleave/nodeN).</summary>
    /// <param name="node">The node.</param>
    /// <param name="weight">Pages that it gives in its turn, 1 to 255.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such node, or the weight is 0.</exception>
    public void SetInterleaveWeight(int node, byte weight)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(node, _zones.NodeCount);
        ArgumentOutOfRangeException.ThrowIfZero(weight);
        _interleaveWeights[node] = weight;
    }

    /// <summary>Takes a block under a range's policy (vma_alloc_folio, alloc_pages_mpol).</summary>
    /// <param name="gfp">What is wanted.</param>
    /// <param name="order">0 to 10.</param>
    /// <param name="policy">The range's policy; the default one means the task's.</param>
    /// <param name="interleaveIndex">The page's <see cref="MemPolicy.InterleaveIndex"/>; a range without a policy of its own is interleaved by it too.</param>
    /// <returns>The first frame's number; 0 when there is none.</returns>
    public uint AllocPagesVma(Gfp gfp, int order, in MemPolicy policy, ulong interleaveIndex)
    {
        if (_takesUsedFrames)
            return order == 0 ? TakeUsedFrame(gfp) : 0;
        return AllocPagesPolicy(gfp, order, policy.Mode == MemPolicyMode.Default ? _taskPolicy : policy, interleaveIndex);
    }

    private uint AllocPagesPolicy(Gfp gfp, int order, in MemPolicy unbound, ulong interleaveIndex)
    {
        MemPolicy policy = unbound;
        // Of a policy's nodes those count that the cpuset has too; where there are none, the cpuset's (mpol_rebind_policy, which maps one set to the other).
        if (_memsAllowed != AllNodes)
            policy.Nodes = (policy.Nodes & _memsAllowed) != 0 ? policy.Nodes & _memsAllowed : _memsAllowed & NodesWithMemory;
        switch (policy.Mode)
        {
            case MemPolicyMode.Interleave or MemPolicyMode.WeightedInterleave:
                return AllocInterleaved(gfp, order, InterleaveNode(policy, interleaveIndex));
            case MemPolicyMode.PreferredMany:
                return AllocPreferredMany(gfp, order, policy.Nodes, interleaveIndex);
            default:
                int node = policy.Mode == MemPolicyMode.Preferred ? policy.FirstNode : _node;
                // A policy does not hold for zones below the one that most memory is in: DMA may come from anywhere.
                ulong mask = policy.Mode == MemPolicyMode.Bind && GfpNames.Zone(gfp) >= _policyZone ? policy.Nodes : AllNodes;
                return AllocNearFirst(gfp, order, node, mask, interleaveIndex);
        }
    }

    /// <summary>A huge page of a range is first tried on the wanted node alone: a small page there is better than a huge one far away.</summary>
    private uint AllocNearFirst(Gfp gfp, int order, int node, ulong mask, ulong interleaveIndex)
    {
        if (order == PageOrder.Pageblock && interleaveIndex != MemPolicy.NoInterleaveIndex && (mask & (1UL << node)) != 0)
        {
            uint pfn = AllocPagesNode(gfp | Gfp.ThisNode | Gfp.NoRetry, order, node, mask);
            if (pfn != 0 || (gfp & Gfp.DirectReclaim) == 0)
                return pfn;
        }

        return AllocPagesNode(gfp, order, node, mask);
    }

    private uint AllocInterleaved(Gfp gfp, int order, int node)
    {
        uint pfn = AllocPagesNode(gfp, order, node, AllNodes);
        if (pfn != 0)
        {
            ref Zone zone = ref _zones[ZoneOf(pfn)];
            zone.NumaInterleave += zone.Node == node ? 1 : 0;
        }

        return pfn;
    }

    private uint AllocPreferredMany(Gfp gfp, int order, ulong nodes, ulong interleaveIndex)
    {
        Gfp easy = (gfp | Gfp.NoWarn) & ~(Gfp.DirectReclaim | Gfp.NoFail);
        uint pfn = AllocPagesNode(easy, order, _node, nodes);
        return pfn != 0 ? pfn : AllocNearFirst(gfp, order, _node, AllNodes, interleaveIndex);
    }

    private int InterleaveNode(in MemPolicy policy, ulong index)
    {
        bool weighted = policy.Mode == MemPolicyMode.WeightedInterleave;
        if (index == MemPolicy.NoInterleaveIndex)
            return weighted ? NextWeighted(policy) : NextInterleaved(policy);
        ulong total = 0;
        for (int node = policy.FirstNode, left = BitOperations.PopCount(policy.Nodes); left > 0; left--, node = policy.NextNode(node))
            total += weighted ? _interleaveWeights[node] : 1UL;
        ulong target = index % total;
        int chosen = policy.FirstNode;
        while (true)
        {
            ulong weight = weighted ? _interleaveWeights[chosen] : 1UL;
            if (target < weight)
                return chosen;
            target -= weight;
            chosen = policy.NextNode(chosen);
        }
    }

    private int NextInterleaved(in MemPolicy policy)
    {
        int node = policy.NextNode(_taskPolicy.InterleavePreviousPlusOne == 0 ? 63 : _taskPolicy.InterleavePreviousPlusOne - 1);
        _taskPolicy.InterleavePreviousPlusOne = (byte)(node + 1);
        return node;
    }

    private int NextWeighted(in MemPolicy policy)
    {
        int node = _taskPolicy.InterleavePreviousPlusOne - 1;
        if (_taskPolicy.InterleaveWeight == 0 || node < 0 || (policy.Nodes & (1UL << node)) == 0)
        {
            node = NextInterleaved(policy);
            _taskPolicy.InterleaveWeight = _interleaveWeights[node];
        }

        _taskPolicy.InterleaveWeight--;
        return node;
    }

    /// <summary>policy_zone: the highest zone, ZONE_MOVABLE aside, that any node has.</summary>
    private void InitPolicies()
    {
        Array.Fill(_interleaveWeights, (byte)1);
        for (int index = 0; index < _zones.ZoneCount; index++)
        {
            if (_zones[index].IsPopulated && _zones[index].Type <= ZoneType.Normal && _zones[index].Type > _policyZone)
                _policyZone = _zones[index].Type;
        }
    }
}
