using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <content>What kswapd asks of a node's zones, and tells them: whether there is enough, and that it is at work.</content>
internal sealed partial class Kswapd
{
    /// <summary>pgdat_balanced: one zone above high is enough.</summary>
    private bool IsBalanced(int node, int order, ZoneType highest)
    {
        bool hasZone = false;
        for (ZoneType type = ZoneType.Dma; type <= highest; type++)
        {
            ref Zone zone = ref _zones[ZoneTable.Index(node, type)];
            if (zone.ManagedPages == 0)
                continue;
            hasZone = true;
            if (_allocator.ZoneWatermarkOk(zone, order, zone.MarkPages(Watermark.High), highest, 0, zone.FreePages))
                return true;
        }

        return !hasZone;
    }

    private bool IsBoosted(int node, ZoneType highest)
    {
        for (ZoneType type = ZoneType.Dma; type <= highest; type++)
        {
            if (_zones[ZoneTable.Index(node, type)].WatermarkBoost != 0)
                return true;
        }

        return false;
    }

    private void SetReclaimActive(int node, ZoneType highest, bool isActive)
    {
        for (ZoneType type = ZoneType.Dma; type <= highest; type++)
        {
            ref Zone zone = ref _zones[ZoneTable.Index(node, type)];
            zone.Flags = isActive ? zone.Flags | ZoneFlags.ReclaimActive : zone.Flags & ~ZoneFlags.ReclaimActive;
        }
    }
}
