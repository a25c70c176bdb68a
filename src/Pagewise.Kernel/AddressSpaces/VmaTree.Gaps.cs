namespace Pagewise.Kernel.AddressSpaces;

public sealed partial class VmaTree
{
    /// <summary>
    /// The highest free range of at least <paramref name="lengthBytes"/> within [low, high): what
    /// vma_iter_area_highest finds. False when there is none.
    /// </summary>
    /// <param name="mm">The address space.</param>
    /// <param name="low">No address below it is used.</param>
    /// <param name="high">No address at or above it is used.</param>
    /// <param name="lengthBytes">The least size, not 0.</param>
    /// <param name="gapEnd">One past the last free address of the range, at most <paramref name="high"/>.</param>
    /// <param name="above">The area that follows the range; 0 when none.</param>
    public bool TryFindHighestGap(int mm, ulong low, ulong high, ulong lengthBytes, out ulong gapEnd, out int above)
    {
        gapEnd = 0;
        above = 0;
        if (high <= low || high - low < lengthBytes)
            return false;
        ref readonly MmStruct space = ref _mms[mm];
        ulong tailEnd = space.MmapTail != 0 ? _vmas[space.MmapTail].End : 0;
        if (tailEnd <= high - lengthBytes)
        {
            gapEnd = high;
            return true;
        }

        int node = space.MmRb;
        if (node == 0 || _vmas[node].SubtreeGap < lengthBytes)
            return false;
        // A gap serves when it starts at or below maxStart, ends at or above minEnd, and is long enough by itself.
        ulong maxStart = high - lengthBytes;
        ulong minEnd = low + lengthBytes;
        while (true)
        {
            ref readonly VmArea area = ref _vmas[node];
            ulong gapStart = area.Start - area.Gap;
            if (gapStart <= maxStart && area.RbRight != 0 && _vmas[area.RbRight].SubtreeGap >= lengthBytes)
            {
                node = area.RbRight;
                continue;
            }

            while (true)
            {
                ref readonly VmArea current = ref _vmas[node];
                gapStart = current.Start - current.Gap;
                if (current.Start < minEnd)
                    return false;
                if (gapStart <= maxStart && current.Gap >= lengthBytes)
                {
                    gapEnd = Math.Min(current.Start, high);
                    above = node;
                    return true;
                }

                if (current.RbLeft != 0 && _vmas[current.RbLeft].SubtreeGap >= lengthBytes)
                {
                    node = current.RbLeft;
                    break;
                }

                int child;
                do
                {
                    child = node;
                    node = _vmas[child].RbParent;
                    if (node == 0)
                        return false;
                }
                while (_vmas[node].RbRight != child);
            }
        }
    }

    /// <summary>
    /// The lowest free range of at least <paramref name="lengthBytes"/> within [low, high): what vma_iter_area_lowest
    /// finds. False when there is none.
    /// </summary>
    /// <param name="mm">The address space.</param>
    /// <param name="low">No address below it is used.</param>
    /// <param name="high">No address at or above it is used.</param>
    /// <param name="lengthBytes">The least size, not 0.</param>
    /// <param name="gapStart">The first free address of the range, at least <paramref name="low"/>.</param>
    /// <param name="above">The area that follows the range; 0 when none.</param>
    public bool TryFindLowestGap(int mm, ulong low, ulong high, ulong lengthBytes, out ulong gapStart, out int above)
    {
        gapStart = 0;
        above = 0;
        if (high <= low || high - low < lengthBytes)
            return false;
        ref readonly MmStruct space = ref _mms[mm];
        ulong maxStart = high - lengthBytes;
        ulong minEnd = low + lengthBytes;
        int node = space.MmRb;
        if (node != 0 && _vmas[node].SubtreeGap >= lengthBytes)
        {
            while (true)
            {
                ref readonly VmArea area = ref _vmas[node];
                if (area.Start >= minEnd && area.RbLeft != 0 && _vmas[area.RbLeft].SubtreeGap >= lengthBytes)
                {
                    node = area.RbLeft;
                    continue;
                }

                if (!SearchUpLowest(ref node, maxStart, minEnd, lengthBytes, out bool found, out ulong start))
                    break;
                if (found)
                {
                    if (start > maxStart)
                        return false;
                    gapStart = Math.Max(start, low);
                    above = node;
                    return true;
                }
            }
        }

        ulong tailEnd = space.MmapTail != 0 ? _vmas[space.MmapTail].End : 0;
        gapStart = Math.Max(tailEnd, low);
        return gapStart <= maxStart;
    }

    /// <summary>
    /// Tries the gap at a node, then names the right child to descend into, or goes up. False when the tree is done;
    /// a gap that starts beyond <paramref name="maxStart"/> counts as found, since all later ones do too.
    /// </summary>
    private bool SearchUpLowest(ref int node, ulong maxStart, ulong minEnd, ulong lengthBytes, out bool found, out ulong start)
    {
        found = false;
        while (true)
        {
            ref readonly VmArea current = ref _vmas[node];
            start = current.Start - current.Gap;
            if (start > maxStart || (current.Start >= minEnd && current.Gap >= lengthBytes))
            {
                found = true;
                return true;
            }

            if (current.RbRight != 0 && _vmas[current.RbRight].SubtreeGap >= lengthBytes)
            {
                node = current.RbRight;
                return true;
            }

            int child;
            do
            {
                child = node;
                node = _vmas[child].RbParent;
                if (node == 0)
                    return false;
            }
            while (_vmas[node].RbLeft != child);
        }
    }
}
