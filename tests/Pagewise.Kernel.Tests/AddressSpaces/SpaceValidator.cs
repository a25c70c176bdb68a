using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Tests.AddressSpaces;

/// <summary>Recomputes the slow way what an address space keeps: list, tree, gaps, counters and anon_vma links.</summary>
internal sealed class SpaceValidator(AddressSpaceArenas spaces)
{
    private int _counted;

    /// <summary>Everything.</summary>
    public void Validate(int mm)
    {
        ValidateTree(mm);
        ValidateBooks(mm);
    }

    /// <summary>The list and the tree hold the same areas in order, balanced, with the right gaps.</summary>
    public void ValidateTree(int mm)
    {
        ref MmStruct space = ref spaces.Mms[mm];
        int previous = 0;
        int count = 0;
        for (int vma = space.Mmap; vma != 0; vma = spaces.Vmas[vma].Next)
        {
            ref VmArea area = ref spaces.Vmas[vma];
            area.Mm.ShouldBe(mm);
            area.Prev.ShouldBe(previous);
            area.End.ShouldBeGreaterThan(area.Start);
            if (previous != 0)
                area.Start.ShouldBeGreaterThanOrEqualTo(spaces.Vmas[previous].End);
            previous = vma;
            count++;
        }

        space.MmapTail.ShouldBe(previous);
        space.MapCount.ShouldBe(count);
        _counted = 0;
        ValidateNode(space.MmRb, 0, out _);
        _counted.ShouldBe(count);
        if (space.MmRb != 0)
            spaces.Vmas[space.MmRb].IsRed.ShouldBeFalse();
    }

    /// <summary>The counters are the sums over the areas, and the anon_vma links are whole.</summary>
    public void ValidateBooks(int mm)
    {
        ref MmStruct space = ref spaces.Mms[mm];
        ulong total = 0, data = 0, exec = 0, stack = 0, locked = 0;
        for (int vma = space.Mmap; vma != 0; vma = spaces.Vmas[vma].Next)
        {
            ref VmArea area = ref spaces.Vmas[vma];
            (area.Start & 4095).ShouldBe(0UL);
            (area.End & 4095).ShouldBe(0UL);
            area.End.ShouldBeLessThanOrEqualTo(space.TaskSize);
            total += area.Pages;
            if (MmAccount.IsExec(area.Flags))
                exec += area.Pages;
            else if (MmAccount.IsStack(area.Flags))
                stack += area.Pages;
            else if (MmAccount.IsData(area.Flags))
                data += area.Pages;
            if ((area.Flags & VmFlags.Locked) != 0)
                locked += area.Pages;
            ValidateChains(vma);
        }

        (space.TotalVm, space.DataVm, space.ExecVm, space.StackVm, space.LockedVm).ShouldBe((total, data, exec, stack, locked));
    }

    private ulong ValidateNode(int node, int parent, out int blackHeight)
    {
        blackHeight = 1;
        if (node == 0)
            return 0;
        ref VmArea area = ref spaces.Vmas[node];
        area.RbParent.ShouldBe(parent);
        if (area.IsRed && parent != 0)
            spaces.Vmas[parent].IsRed.ShouldBeFalse();
        if (area.RbLeft != 0)
            spaces.Vmas[area.RbLeft].Start.ShouldBeLessThan(area.Start);
        if (area.RbRight != 0)
            spaces.Vmas[area.RbRight].Start.ShouldBeGreaterThan(area.Start);
        ulong gap = area.Start - (area.Prev != 0 ? spaces.Vmas[area.Prev].End : 0);
        area.Gap.ShouldBe(gap);
        gap = Math.Max(gap, ValidateNode(area.RbLeft, node, out int left));
        gap = Math.Max(gap, ValidateNode(area.RbRight, node, out int right));
        left.ShouldBe(right);
        blackHeight = left + (area.IsRed ? 0 : 1);
        area.SubtreeGap.ShouldBe(gap);
        _counted++;
        return gap;
    }

    /// <summary>Each link stands in both of its lists, and an area's own anon_vma is among its links.</summary>
    private void ValidateChains(int vma)
    {
        ref VmArea area = ref spaces.Vmas[vma];
        bool ownSeen = area.AnonVma == 0;
        for (int link = area.AnonVmaChain; link != 0; link = spaces.AnonVmaChains[link].NextOfVma)
        {
            ref AnonVmaChain chain = ref spaces.AnonVmaChains[link];
            chain.Vma.ShouldBe(vma);
            ownSeen |= chain.AnonVma == area.AnonVma;
            int found = 0;
            for (int other = spaces.AnonVmas[chain.AnonVma].FirstChain; other != 0; other = spaces.AnonVmaChains[other].NextOfAnonVma)
            {
                if (other == link)
                    found++;
            }

            found.ShouldBe(1);
        }

        ownSeen.ShouldBeTrue();
    }
}
