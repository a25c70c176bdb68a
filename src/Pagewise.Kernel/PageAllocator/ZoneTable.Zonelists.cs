using System.Runtime.CompilerServices;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageAllocator;

/// <content>The order in which allocations on a node try zones (build_zonelists, mm/page_alloc.c): all zones of the nearest node, highest first, then of the next.</content>
public sealed partial class ZoneTable
{
    private readonly NativeArray<ushort> _zonelists;
    private readonly NativeArray<short> _preferred;
    private readonly int[] _zonelistLengths;

    /// <summary>The populated zones in the order in which an allocation on a node tries them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<ushort> Zonelist(int node) => _zonelists.Slice((uint)(node * ZoneCount), _zonelistLengths[node]);

    /// <summary>The first zone of a node's zonelist that is not above <paramref name="highest"/>; -1 when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int PreferredZone(int node, ZoneType highest) => _preferred[(node * ZoneTypes.Count) + (int)highest];

    private void BuildZonelists()
    {
        int[] load = new int[NodeCount];
        for (int node = 0; node < NodeCount; node++)
        {
            int length = 0;
            ulong used = 0;
            int previous = node;
            int next;
            while ((next = FindNextBestNode(node, used, load)) >= 0)
            {
                used |= 1UL << next;
                // Nodes at the same distance take turns, so that not all fall back on the same one.
                if (Distance(node, next) != Distance(node, previous))
                    load[next]++;
                previous = next;
                for (int type = (int)ZoneType.Movable; type >= 0; type--)
                {
                    int zone = Index(next, (ZoneType)type);
                    if (_zones[zone].ManagedPages != 0)
                        _zonelists[(node * ZoneCount) + length++] = (ushort)zone;
                }
            }

            _zonelistLengths[node] = length;
            for (int highest = 0; highest < ZoneTypes.Count; highest++)
                _preferred[(node * ZoneTypes.Count) + highest] = FirstUpTo(node, (ZoneType)highest);
        }
    }

    private short FirstUpTo(int node, ZoneType highest)
    {
        foreach (ushort zone in Zonelist(node))
        {
            if (_zones[zone].Type <= highest)
                return (short)zone;
        }

        return -1;
    }

    private int FindNextBestNode(int node, ulong used, int[] load)
    {
        if ((used & (1UL << node)) == 0 && HasMemory(node))
            return node;
        int best = -1;
        int bestValue = int.MaxValue;
        for (int other = 0; other < NodeCount; other++)
        {
            if ((used & (1UL << other)) != 0 || !HasMemory(other))
                continue;
            int value = Distance(node, other) + (other < node ? 1 : 0) + (CpusOf(other) != 0 ? 1 : 0);
            value = (value * MaxNodes) + load[other];
            if (value < bestValue)
            {
                bestValue = value;
                best = other;
            }
        }

        return best;
    }

    private bool HasMemory(int node)
    {
        for (int type = 0; type < ZoneTypes.Count; type++)
        {
            if (_zones[Index(node, (ZoneType)type)].IsPopulated)
                return true;
        }

        return false;
    }
}
