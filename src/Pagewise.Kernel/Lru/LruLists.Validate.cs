using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Lru;

public sealed partial class LruLists
{
    /// <summary>Walks every list: each frame on the list that its flags say, links that agree, sizes equal to the sums. For tests.</summary>
    /// <exception cref="InvalidOperationException">Something is wrong; the message says what.</exception>
    public void Validate()
    {
        long[] zonePages = new long[_zonePages.Length];
        long listed = 0;
        for (int lruvec = 0; lruvec < (_memcgs.HighWater - MemCgroups.Root) * _nodes; lruvec++)
        {
            if (HasGens)
            {
                listed += ValidateGens(lruvec, zonePages);
                continue;
            }

            for (LruList list = LruList.InactiveAnon; list <= LruList.ActiveFile; list++)
                listed += ValidateList(lruvec, list, zonePages);
        }

        ValidateTotals();

        long marked = 0;
        for (uint pfn = 1; pfn < _memMap.Count; pfn++)
        {
            PageFlags flags = _memMap[pfn].Flags;
            if (HasGens && (flags & PageFlags.Allocated) == 0 && _genOf![pfn] != 0)
                throw new InvalidOperationException($"frame {pfn:x} ({flags}) is free and remembers uses or a generation");
            if ((flags & PageFlags.Lru) == 0)
                continue;
            if ((flags & PageFlags.Allocated) == 0)
                throw new InvalidOperationException($"frame {pfn:x} ({flags}) is on a list and free");
            if (HasGens && GenOf(pfn) >= 0 != (ListOf(flags) != LruList.Unevictable))
                throw new InvalidOperationException($"frame {pfn:x} ({flags}) is of generation {GenOf(pfn)}");
            if (ListOf(flags) == LruList.Unevictable)
                zonePages[(_allocator.ZoneOf(pfn) * Lruvec.ListCount) + (int)LruList.Unevictable] += PagesOf(flags);
            else
                marked++;
        }

        if (marked != listed)
            throw new InvalidOperationException($"{marked} frames say that they are on a list, {listed} are");
        for (int i = 0; i < zonePages.Length; i++)
        {
            if (zonePages[i] != _zonePages[i])
                throw new InvalidOperationException($"zone {i / Lruvec.ListCount} has {zonePages[i]} pages in list {(LruList)(i % Lruvec.ListCount)}, its count says {_zonePages[i]}");
        }
    }

    private long ValidateList(int lruvec, LruList list, long[] zonePages)
    {
        ref LruListHead head = ref _lruvecs[lruvec].Lists[(int)list];
        long frames = 0;
        long pages = 0;
        uint previous = 0;
        for (uint pfn = head.First; pfn != 0; pfn = _memMap[pfn].Next)
        {
            ref PageFrame frame = ref _memMap[pfn];
            if ((frame.Flags & PageFlags.Lru) == 0 || ListOf(frame.Flags) != list || frame.Prev != previous || LruvecOf(pfn) != lruvec)
                throw new InvalidOperationException($"frame {pfn:x} ({frame.Flags}) stands in list {list} of lruvec {lruvec}");
            frames++;
            pages += PagesOf(frame.Flags);
            zonePages[(_allocator.ZoneOf(pfn) * Lruvec.ListCount) + (int)list] += PagesOf(frame.Flags);
            previous = pfn;
        }

        if (head.Last != previous || head.Pages != pages)
            throw new InvalidOperationException($"list {list} of lruvec {lruvec} has {pages} pages and ends at {previous:x}; its head says {head.Pages} and {head.Last:x}");
        return frames;
    }

    private void ValidateTotals()
    {
        long[] totals = new long[(_memcgs.HighWater - MemCgroups.Root) * _nodes * Lruvec.ListCount];
        for (int lruvec = 0; lruvec < totals.Length / Lruvec.ListCount; lruvec++)
        {
            for (LruList list = LruList.InactiveAnon; list <= LruList.Unevictable; list++)
            {
                long own = _lruvecs[lruvec].OwnPages(list, ZoneTypes.Count - 1);
                if (own != _lruvecs[lruvec].Lists[(int)list].Pages)
                    throw new InvalidOperationException($"list {list} of lruvec {lruvec} has {_lruvecs[lruvec].Lists[(int)list].Pages} pages, its zones {own}");
                for (int at = lruvec; at >= 0; at = ParentOf(at))
                    totals[(at * Lruvec.ListCount) + (int)list] += own;
            }
        }

        for (int i = 0; i < totals.Length; i++)
        {
            if (totals[i] != _lruvecs[i / Lruvec.ListCount].Totals[i % Lruvec.ListCount])
                throw new InvalidOperationException($"lists {(LruList)(i % Lruvec.ListCount)} of lruvec {i / Lruvec.ListCount} and below have {totals[i]} pages, the total says otherwise");
        }
    }
}
