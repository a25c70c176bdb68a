namespace Pagewise.Kernel.PageAllocator;

/// <content>Pageblocks kept for high-order allocations that cannot wait (MIGRATE_HIGHATOMIC).</content>
public sealed partial class BuddyAllocator
{
    /// <summary>reserve_highatomic_pageblock: the pageblock of such an allocation is kept for the next, up to 1 % of the zone.</summary>
    private void ReserveHighatomicPageblock(ref Zone zone, uint pfn, int order)
    {
        long most;
        if (_autoTuned)
        {
            // Since 6.7 a zone where 1 % is less than a pageblock keeps none.
            if (zone.ManagedPages / 100 < PageOrder.PageblockPages)
                return;
            most = (zone.ManagedPages / 100 + PageOrder.PageblockPages - 1) / PageOrder.PageblockPages * PageOrder.PageblockPages;
        }
        else
        {
            most = (zone.ManagedPages / 100) + PageOrder.PageblockPages;
        }

        MigrateType type = PageblockType(pfn);
        if (zone.NrReservedHighatomic >= most || !type.IsMergeable() || !PageblockSpan(zone, pfn, out uint first))
            return;
        if (order >= PageOrder.Pageblock)
        {
            ChangePageblockRange(pfn, order, MigrateType.HighAtomic);
            zone.NrReservedHighatomic += 1L << order;
            return;
        }

        zone.NrReservedHighatomic += PageOrder.PageblockPages;
        SetPageblockType(pfn, MigrateType.HighAtomic);
        MoveFreepages(ref zone, first, MigrateType.HighAtomic);
    }

    /// <summary>unreserve_highatomic_pageblock: gives one such pageblock to the type that is in need.</summary>
    /// <param name="context">Who is in need.</param>
    /// <param name="force">Whether a zone's last one may go too.</param>
    /// <returns>Whether free pages came of it.</returns>
    private bool UnreserveHighatomicPageblock(in AllocContext context, bool force)
    {
        foreach (ushort index in _zones.Zonelist(context.Node))
        {
            ref Zone zone = ref _zones[index];
            if (!Allows(zone, context.NodeMask, context.Highest) || (!force && zone.NrReservedHighatomic <= PageOrder.PageblockPages))
                continue;
            for (int order = 0; order <= PageOrder.Max; order++)
            {
                uint pfn = zone.FreeArea[order].Lists[(int)MigrateType.HighAtomic].First;
                if (pfn == 0)
                    continue;
                long size = Math.Max(PageOrder.PageblockPages, 1L << order);
                zone.NrReservedHighatomic -= Math.Min(size, zone.NrReservedHighatomic);
                if (order >= PageOrder.Pageblock)
                {
                    ChangePageblockRange(pfn, order, context.Type);
                    MoveToFreeList(ref zone, pfn, order, context.Type);
                    return true;
                }

                PageblockSpan(zone, pfn, out uint first);
                SetPageblockType(pfn, context.Type);
                MoveFreepages(ref zone, first, context.Type);
                return true;
            }
        }

        return false;
    }
}
