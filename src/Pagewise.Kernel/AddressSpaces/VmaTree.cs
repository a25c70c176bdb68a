using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// The areas of every address space as Linux ordered them before 6.1 (mm/mmap.c): a list by address and a red-black tree
/// in which each node knows the largest gap below any area of its subtree, so that the next area, the one at an address
/// and the highest or lowest free range are each found in O(log n). Holds no facts of its own.
/// </summary>
/// <param name="spaces">The areas and address spaces.</param>
public sealed partial class VmaTree(AddressSpaceArenas spaces)
{
    private readonly Arena<VmArea> _vmas = spaces.Vmas;
    private readonly Arena<MmStruct> _mms = spaces.Mms;

    /// <summary>The lowest area that ends above an address (find_vma); 0 when none. It need not contain the address.</summary>
    public int FindVma(int mm, ulong address)
    {
        ref MmStruct space = ref _mms[mm];
        int cached = space.MmapCache;
        if (cached != 0)
        {
            ref readonly VmArea area = ref _vmas[cached];
            if (area.Start <= address && address < area.End)
                return cached;
        }

        int node = space.MmRb;
        int best = 0;
        while (node != 0)
        {
            ref readonly VmArea area = ref _vmas[node];
            if (address >= area.End)
            {
                node = area.RbRight;
                continue;
            }

            best = node;
            if (area.Start <= address)
            {
                space.MmapCache = node;
                break;
            }

            node = area.RbLeft;
        }

        return best;
    }

    /// <summary>The area that contains an address (vma_lookup); 0 when none.</summary>
    public int Lookup(int mm, ulong address)
    {
        int vma = FindVma(mm, address);
        return vma != 0 && _vmas[vma].Start <= address ? vma : 0;
    }

    /// <summary>The lowest area that overlaps [start, end) (find_vma_intersection); 0 when none.</summary>
    public int FindIntersection(int mm, ulong start, ulong end)
    {
        int vma = FindVma(mm, start);
        return vma != 0 && _vmas[vma].Start < end ? vma : 0;
    }

    /// <summary>The area below <paramref name="vma"/>, or the highest of all when it is 0.</summary>
    public int Previous(int mm, int vma) => vma != 0 ? _vmas[vma].Prev : _mms[mm].MmapTail;

    /// <summary>Puts an area into the list and the tree by its address; it overlaps none (vma_link).</summary>
    public void Link(int mm, int vma)
    {
        int next = FindVma(mm, _vmas[vma].Start);
        Link(mm, vma, Previous(mm, next), next);
    }

    /// <summary>Puts an area between two that are neighbours; 0 where there is none.</summary>
    public void Link(int mm, int vma, int prev, int next)
    {
        ref MmStruct space = ref _mms[mm];
        ref VmArea area = ref _vmas[vma];
        area.Mm = mm;
        area.Prev = prev;
        area.Next = next;
        space.MapCount++;
        space.MmapCache = vma;
        area.RbLeft = 0;
        area.RbRight = 0;
        area.IsRed = true;
        area.Gap = area.Start;
        if (prev != 0)
        {
            ref VmArea below = ref _vmas[prev];
            below.Next = vma;
            area.Gap -= below.End;
        }
        else
        {
            space.Mmap = vma;
        }

        area.SubtreeGap = area.Gap;
        // Of two neighbours, one has no child between them.
        int parent = prev;
        if (next != 0)
        {
            ref VmArea above = ref _vmas[next];
            above.Prev = vma;
            above.Gap = above.Start - area.End;
            if (above.RbLeft == 0)
                parent = next;
        }
        else
        {
            space.MmapTail = vma;
        }

        area.RbParent = parent;
        if (parent == 0)
            space.MmRb = vma;
        else if (parent == next)
            _vmas[parent].RbLeft = vma;
        else
            _vmas[parent].RbRight = vma;
        PropagateGap(parent);
        if (parent != next)
            PropagateGap(next);
        BalanceAfterInsert(ref space, vma);
    }

    /// <summary>Takes an area out of the list and the tree (vma_unlink). The area itself stays allocated.</summary>
    public void Unlink(int vma)
    {
        ref VmArea area = ref _vmas[vma];
        ref MmStruct space = ref _mms[area.Mm];
        int next = area.Next;
        if (area.Prev != 0)
            _vmas[area.Prev].Next = next;
        else
            space.Mmap = next;
        if (next != 0)
        {
            ref VmArea above = ref _vmas[next];
            above.Prev = area.Prev;
            above.Gap += area.LengthBytes + area.Gap;
        }
        else
        {
            space.MmapTail = area.Prev;
        }

        if (space.MmapCache == vma)
            space.MmapCache = 0;
        space.MapCount--;
        Erase(ref space, vma, next);
        area.Prev = 0;
        area.Next = 0;
    }

    /// <summary>
    /// Moves the ends of a linked area (vma_set_range). It keeps its place in the order: neighbours that it would
    /// overlap are unlinked or moved first.
    /// </summary>
    public void SetRange(int vma, ulong start, ulong end, ulong pgOff)
    {
        ref VmArea area = ref _vmas[vma];
        area.PgOff = pgOff;
        if (area.Start != start)
        {
            area.Gap += start - area.Start;
            area.Start = start;
            PropagateGap(vma);
        }

        if (area.End == end)
            return;
        area.End = end;
        if (area.Next == 0)
            return;
        ref VmArea above = ref _vmas[area.Next];
        above.Gap = above.Start - end;
        PropagateGap(area.Next);
    }

    private ulong ComputeSubtreeGap(in VmArea area)
    {
        ulong gap = area.Gap;
        if (area.RbLeft != 0)
            gap = Math.Max(gap, _vmas[area.RbLeft].SubtreeGap);
        if (area.RbRight != 0)
            gap = Math.Max(gap, _vmas[area.RbRight].SubtreeGap);
        return gap;
    }

    /// <summary>Recomputes a node and its ancestors until one does not change.</summary>
    private void PropagateGap(int node)
    {
        while (node != 0)
        {
            ref VmArea area = ref _vmas[node];
            ulong gap = ComputeSubtreeGap(in area);
            if (gap == area.SubtreeGap)
                return;
            area.SubtreeGap = gap;
            node = area.RbParent;
        }
    }
}
