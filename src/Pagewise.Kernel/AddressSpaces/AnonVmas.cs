using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// Keeps areas and anon_vmas linked as mm/rmap.c does: an area's own anon_vma comes with its first private page, is
/// shared by splits, and a fork gives the child one below its parent's. Which areas may merge depends on these links.
/// Simplified: the areas of an anon_vma form a list instead of an interval tree; no locks.
/// </summary>
/// <param name="spaces">The areas, anon_vmas and their links.</param>
public sealed class AnonVmas(AddressSpaceArenas spaces)
{
    private readonly Arena<VmArea> _vmas = spaces.Vmas;
    private readonly Arena<AnonVma> _anonVmas = spaces.AnonVmas;
    private readonly Arena<AnonVmaChain> _chains = spaces.AnonVmaChains;
    private readonly SlabArena<AnonVma> _anonVmaSlab = spaces.AnonVmaSlab;
    private readonly SlabArena<AnonVmaChain> _chainSlab = spaces.AnonVmaChainSlab;

    /// <summary>Whether an area has exactly one link (list_is_singular(anon_vma_chain)): it was not cloned by a fork.</summary>
    public bool IsSingular(int vma)
    {
        int first = _vmas[vma].AnonVmaChain;
        return first != 0 && _chains[first].NextOfVma == 0;
    }

    /// <summary>
    /// Gives an area an anon_vma before its first private page (anon_vma_prepare): a neighbour's when the two could be
    /// one area but for their access rights, else a new one.
    /// </summary>
    /// <returns>False when no memory is left.</returns>
    public bool Prepare(int vma)
    {
        ref VmArea area = ref _vmas[vma];
        if (area.AnonVma != 0)
            return true;
        int anonVma = FindMergeable(in area);
        bool isNew = anonVma == 0;
        if (isNew)
        {
            anonVma = _anonVmaSlab.Allocate();
            if (anonVma == 0)
                return false;
            ref AnonVma root = ref _anonVmas[anonVma];
            root.Root = anonVma;
            root.Parent = anonVma;
            root.NumChildren = 1;
            root.RefCount = 1;
        }

        if (!LinkChain(vma, anonVma))
        {
            if (isNew)
                _anonVmaSlab.Free(anonVma);
            return false;
        }

        area.AnonVma = anonVma;
        _anonVmas[anonVma].NumActiveVmas++;
        return true;
    }

    /// <summary>
    /// Links an area to every anon_vma of another (anon_vma_clone): after a split, for a moved or merged area, and in a
    /// fork. With no anon_vma of its own the destination may take over one that lost its last area.
    /// </summary>
    /// <returns>False when no memory is left; the links made so far are taken back.</returns>
    public bool Clone(int destination, int source)
    {
        bool mayReuse = _vmas[destination].AnonVma == 0 && _vmas[source].AnonVma != 0;
        int reused = 0;
        int tail = _vmas[destination].AnonVmaChain;
        while (tail != 0 && _chains[tail].NextOfVma != 0)
            tail = _chains[tail].NextOfVma;
        for (int link = _vmas[source].AnonVmaChain; link != 0; link = _chains[link].NextOfVma)
        {
            int anonVma = _chains[link].AnonVma;
            if (!LinkChainAfter(destination, anonVma, ref tail))
            {
                UnlinkChains(destination);
                return false;
            }

            ref readonly AnonVma candidate = ref _anonVmas[anonVma];
            if (mayReuse && candidate.NumChildren < 2 && candidate.NumActiveVmas == 0)
                reused = anonVma;
        }

        if (reused != 0)
            _vmas[destination].AnonVma = reused;
        if (_vmas[destination].AnonVma != 0)
            _anonVmas[_vmas[destination].AnonVma].NumActiveVmas++;
        return true;
    }

    /// <summary>Links a child's area to its parent's anon_vmas and gives it one of its own below them (anon_vma_fork).</summary>
    /// <returns>False when no memory is left.</returns>
    public bool Fork(int childVma, int parentVma)
    {
        ref VmArea child = ref _vmas[childVma];
        child.AnonVma = 0;
        child.AnonVmaChain = 0;
        int parentAnonVma = _vmas[parentVma].AnonVma;
        if (parentAnonVma == 0)
            return true;
        if (!Clone(childVma, parentVma))
            return false;
        if (child.AnonVma != 0)
            return true;
        int anonVma = _anonVmaSlab.Allocate();
        if (anonVma == 0)
        {
            UnlinkChains(childVma);
            return false;
        }

        ref AnonVma own = ref _anonVmas[anonVma];
        own.Root = _anonVmas[parentAnonVma].Root;
        own.Parent = parentAnonVma;
        own.RefCount = 1;
        own.NumActiveVmas = 1;
        _anonVmas[own.Root].RefCount++;
        if (!LinkChain(childVma, anonVma))
        {
            _anonVmas[own.Root].RefCount--;
            _anonVmaSlab.Free(anonVma);
            UnlinkChains(childVma);
            return false;
        }

        child.AnonVma = anonVma;
        _anonVmas[parentAnonVma].NumChildren++;
        return true;
    }

    /// <summary>Takes an area out of all its anon_vmas (unlink_anon_vmas); those without areas and references end.</summary>
    public void Unlink(int vma)
    {
        ref VmArea area = ref _vmas[vma];
        if (area.AnonVma != 0)
        {
            _anonVmas[area.AnonVma].NumActiveVmas--;
            area.AnonVma = 0;
        }

        UnlinkChains(vma);
    }

    private void UnlinkChains(int vma)
    {
        int link = _vmas[vma].AnonVmaChain;
        _vmas[vma].AnonVmaChain = 0;
        while (link != 0)
        {
            ref AnonVmaChain chain = ref _chains[link];
            int next = chain.NextOfVma;
            ref AnonVma anonVma = ref _anonVmas[chain.AnonVma];
            if (chain.PrevOfAnonVma != 0)
                _chains[chain.PrevOfAnonVma].NextOfAnonVma = chain.NextOfAnonVma;
            else
                anonVma.FirstChain = chain.NextOfAnonVma;
            if (chain.NextOfAnonVma != 0)
                _chains[chain.NextOfAnonVma].PrevOfAnonVma = chain.PrevOfAnonVma;
            if (anonVma.FirstChain == 0)
            {
                _anonVmas[anonVma.Parent].NumChildren--;
                Put(chain.AnonVma);
            }

            _chainSlab.Free(link);
            link = next;
        }
    }

    /// <summary>Drops the reference that the areas held (put_anon_vma); the root goes when its last descendant did.</summary>
    private void Put(int anonVma)
    {
        ref AnonVma ended = ref _anonVmas[anonVma];
        if (--ended.RefCount != 0)
            return;
        int root = ended.Root;
        _anonVmaSlab.Free(anonVma);
        if (root != anonVma && --_anonVmas[root].RefCount == 0)
            _anonVmaSlab.Free(root);
    }

    private bool LinkChain(int vma, int anonVma)
    {
        int link = NewChain(vma, anonVma);
        if (link == 0)
            return false;
        _chains[link].NextOfVma = _vmas[vma].AnonVmaChain;
        _vmas[vma].AnonVmaChain = link;
        return true;
    }

    private bool LinkChainAfter(int vma, int anonVma, ref int tail)
    {
        int link = NewChain(vma, anonVma);
        if (link == 0)
            return false;
        if (tail == 0)
            _vmas[vma].AnonVmaChain = link;
        else
            _chains[tail].NextOfVma = link;
        tail = link;
        return true;
    }

    private int NewChain(int vma, int anonVma)
    {
        int link = _chainSlab.Allocate();
        if (link == 0)
            return 0;
        ref AnonVmaChain chain = ref _chains[link];
        ref AnonVma owner = ref _anonVmas[anonVma];
        chain.Vma = vma;
        chain.AnonVma = anonVma;
        chain.NextOfAnonVma = owner.FirstChain;
        if (owner.FirstChain != 0)
            _chains[owner.FirstChain].PrevOfAnonVma = link;
        owner.FirstChain = link;
        return link;
    }

    /// <summary>A neighbour's anon_vma that the area may share (find_mergeable_anon_vma): the one above is asked first.</summary>
    private int FindMergeable(in VmArea area)
    {
        if (area.Next != 0 && AreCompatible(in area, in _vmas[area.Next]) && IsSingular(area.Next))
            return _vmas[area.Next].AnonVma;
        if (area.Prev != 0 && AreCompatible(in _vmas[area.Prev], in area) && IsSingular(area.Prev))
            return _vmas[area.Prev].AnonVma;
        return 0;
    }

    /// <summary>Whether two areas differ in nothing but what mprotect could even out (anon_vma_compatible).</summary>
    private static bool AreCompatible(in VmArea lower, in VmArea upper) =>
        lower.End == upper.Start
        && lower.File == upper.File
        && ((lower.Flags ^ upper.Flags) & ~(VmFlags.AccessMask | VmFlags.SoftDirty | VmFlags.MaybeGuard)) == 0
        && upper.PgOff == lower.PgOff + ((upper.Start - lower.Start) >> 12);
}
