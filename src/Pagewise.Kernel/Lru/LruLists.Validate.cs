using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.Lru;

public sealed partial class LruLists
{
    /// <summary>Walks every list: each frame on the list that its flags say, links that agree, sizes equal to the sums. For tests.</summary>
    /// <exception cref="InvalidOperationException">Something is wrong; the message says what.</exception>
    public void Validate()
    {
        long[] zonePages = new long[_zonePages.Length];
        long listed = 0;
        for (int node = 0; node < _zones.NodeCount; node++)
        {
            for (LruList list = LruList.InactiveAnon; list <= LruList.ActiveFile; list++)
                listed += ValidateList(node, list, zonePages);
        }

        long marked = 0;
        for (uint pfn = 1; pfn < _memMap.Count; pfn++)
        {
            PageFlags flags = _memMap[pfn].Flags;
            if ((flags & PageFlags.Lru) == 0)
                continue;
            if ((flags & PageFlags.Allocated) == 0)
                throw new InvalidOperationException($"frame {pfn:x} ({flags}) is on a list and free");
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

    private long ValidateList(int node, LruList list, long[] zonePages)
    {
        ref LruListHead head = ref _lruvecs[node].Lists[(int)list];
        long frames = 0;
        long pages = 0;
        uint previous = 0;
        for (uint pfn = head.First; pfn != 0; pfn = _memMap[pfn].Next)
        {
            ref PageFrame frame = ref _memMap[pfn];
            if ((frame.Flags & PageFlags.Lru) == 0 || ListOf(frame.Flags) != list || frame.Prev != previous || NodeOf(pfn) != node)
                throw new InvalidOperationException($"frame {pfn:x} ({frame.Flags}) stands in list {list} of node {node}");
            frames++;
            pages += PagesOf(frame.Flags);
            zonePages[(_allocator.ZoneOf(pfn) * Lruvec.ListCount) + (int)list] += PagesOf(frame.Flags);
            previous = pfn;
        }

        if (head.Last != previous || head.Pages != pages)
            throw new InvalidOperationException($"list {list} of node {node} has {pages} pages and ends at {previous:x}; its head says {head.Pages} and {head.Last:x}");
        return frames;
    }
}
