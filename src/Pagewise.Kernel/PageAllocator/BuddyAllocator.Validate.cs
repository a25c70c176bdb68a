using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <content>A walker for tests.</content>
public sealed partial class BuddyAllocator
{
    /// <summary>
    /// Accounts for every managed frame exactly once: in a free block, in a per-CPU list, or handed out; and checks
    /// every list, link, count and order on the way.
    /// </summary>
    /// <returns>The number of frames that are handed out.</returns>
    /// <exception cref="InvalidOperationException">Something is inconsistent; the message says what and where.</exception>
    public long Validate()
    {
        var seen = new Dictionary<uint, int>();
        for (int index = 0; index < _zones.ZoneCount; index++)
            ValidateZone(index, seen);
        long allocated = 0;
        foreach (PfnRange range in _managed)
        {
            for (uint pfn = range.Start; pfn < range.End;)
            {
                if (seen.Remove(pfn, out int order))
                {
                    Require(pfn + (1u << order) <= range.End, $"free block {pfn:x} of order {order} leaves its range {range}");
                    for (uint i = pfn; i < pfn + (1u << order); i++)
                        Require((_memMap[i].Flags & PageFlags.Allocated) == 0 && _memMap[i].RefCount == 0, $"frame {i:x} in free block {pfn:x} of order {order} is in use: {_memMap[i].Flags}");
                    pfn += 1u << order;
                    continue;
                }

                Require((_memMap[pfn].Flags & PageFlags.Allocated) != 0, $"frame {pfn:x} is neither free nor handed out: {_memMap[pfn].Flags}");
                Require((_memMap[pfn].Flags & PageFlags.Buddy) == 0, $"frame {pfn:x} is handed out and a free block");
                allocated++;
                pfn++;
            }
        }

        Require(seen.Count == 0, $"blocks in free lists overlap or are not managed");
        Require((ulong)allocated + FreePageCount == TotalPages, $"{allocated} handed out and {FreePageCount} free do not make {TotalPages}");
        return allocated;
    }

    private static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref FaultText message)
    {
        if (!holds)
            throw new InvalidOperationException(message.Take());
    }

    private void ValidateZone(int index, Dictionary<uint, int> seen)
    {
        ref Zone zone = ref _zones[index];
        long free = 0;
        long highAtomic = 0;
        for (int order = 0; order <= PageOrder.Max; order++)
        {
            ref FreeArea area = ref zone.FreeArea[order];
            long blocks = 0;
            for (int type = 0; type < MigrateTypes.Count; type++)
            {
                uint previous = 0;
                for (uint pfn = area.Lists[type].First; pfn != 0; pfn = Next(pfn, order))
                {
                    Require(FreeOrder(pfn) == order && ListType(pfn, order) == (MigrateType)type, $"block {pfn:x} in the list of order {order}, type {type} says {FreeOrder(pfn)}, {ListType(pfn, order)}");
                    Require(Prev(pfn, order) == previous, $"block {pfn:x} of order {order} links back to {Prev(pfn, order):x}, not {previous:x}");
                    Require((pfn & ((1u << order) - 1)) == 0 && ZoneOf(pfn) == index, $"block {pfn:x} of order {order} is misaligned or in another zone");
                    uint buddy = pfn ^ (1u << order);
                    bool merges = order < PageOrder.Pageblock && Contains(zone, buddy) && IsFreeBlock(buddy, order);
                    Require(!merges, $"blocks {pfn:x} and {buddy:x} of order {order} are both free and not merged");
                    Require(seen.TryAdd(pfn, order), $"block {pfn:x} is in two lists");
                    previous = pfn;
                    blocks++;
                    highAtomic += type == (int)MigrateType.HighAtomic ? 1L << order : 0;
                }

                Require(area.Lists[type].Last == previous, $"the list of order {order}, type {type} ends at {area.Lists[type].Last:x}, not {previous:x}");
            }

            Require(area.NrFree == blocks, $"{blocks} blocks of order {order}, nr_free says {area.NrFree}");
            free += blocks << order;
        }

        Require(zone.FreePages == free, $"{free} pages are free in zone {index}, NR_FREE_PAGES says {zone.FreePages}");
        Require(zone.NrFreeHighatomic == highAtomic, $"{highAtomic} pages are free for HighAtomic in zone {index}, the count says {zone.NrFreeHighatomic}");
        for (int cpu = 0; cpu < _zones.CpuCount; cpu++)
            ValidatePageSet(index, cpu, seen);
    }

    private void ValidatePageSet(int index, int cpu, Dictionary<uint, int> seen)
    {
        ref PerCpuPages pcp = ref _zones.PageSet(index, cpu);
        int count = 0;
        for (int pindex = 0; pindex < PerCpuPages.ListCount; pindex++)
        {
            int order = OrderOf(pindex);
            uint previous = 0;
            for (uint pfn = pcp.Lists[pindex].First; pfn != 0; pfn = _memMap[pfn].Next)
            {
                Require(previous == 0 || _memMap[pfn].Prev == previous, $"per-CPU page {pfn:x} links back to {_memMap[pfn].Prev:x}, not {previous:x}");
                Require((_memMap[pfn].Flags & PageFlags.Buddy) == 0 && ZoneOf(pfn) == index, $"per-CPU page {pfn:x} is in the free areas or in another zone");
                Require(seen.TryAdd(pfn, order), $"page {pfn:x} is in two lists");
                previous = pfn;
                count += 1 << order;
            }

            Require(pcp.Lists[pindex].Last == previous, $"per-CPU list {pindex} ends at {pcp.Lists[pindex].Last:x}, not {previous:x}");
        }

        Require(pcp.Count == count, $"{count} pages in the lists of CPU {cpu}, the count says {pcp.Count}");
    }
}
