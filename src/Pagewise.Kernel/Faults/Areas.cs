using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Faults;

/// <summary>What a fault needs of the areas: the one at an address, and an anon_vma for it.</summary>
/// <param name="spaces">Areas and address spaces.</param>
internal sealed class Areas(AddressSpaceArenas spaces)
{
    /// <summary>The lowest area that ends above an address (find_vma); 0 when none.</summary>
    public int FindVma(int mm, ulong address)
    {
        int cached = spaces.Mms[mm].MmapCache;
        if (cached != 0 && spaces.Vmas[cached].Mm == mm && spaces.Vmas[cached].Start <= address && address < spaces.Vmas[cached].End)
            return cached;
        int found = 0;
        int node = spaces.Mms[mm].MmRb;
        while (node != 0)
        {
            ref VmArea area = ref spaces.Vmas[node];
            if (area.End <= address)
            {
                node = area.RbRight;
                continue;
            }

            found = node;
            if (area.Start <= address)
                break;
            node = area.RbLeft;
        }

        if (found != 0)
            spaces.Mms[mm].MmapCache = found;
        return found;
    }

    /// <summary>Gives an area an anon_vma of its own when it has none; false when no memory is left.</summary>
    public bool Prepare(int vma)
    {
        ref VmArea area = ref spaces.Vmas[vma];
        if (area.AnonVma != 0)
            return true;
        int anonVma = spaces.AnonVmas.Allocate();
        int link = spaces.AnonVmaChains.Allocate();
        if (anonVma == 0 || link == 0)
            return false;
        spaces.AnonVmas[anonVma] = new AnonVma { Root = anonVma, Parent = anonVma, NumChildren = 1, NumActiveVmas = 1, RefCount = 1, FirstChain = link };
        spaces.AnonVmaChains[link] = new AnonVmaChain { Vma = vma, AnonVma = anonVma };
        area.AnonVma = anonVma;
        area.AnonVmaChain = link;
        return true;
    }
}
