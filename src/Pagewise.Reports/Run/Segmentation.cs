using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;

namespace Pagewise.Reports.Run;

/// <summary>The areas of an address space put together as the parts that textbooks and mm_struct name.</summary>
internal static class Segmentation
{
    /// <summary>The parts, lowest first, each with what is resident and what its page tables take.</summary>
    public static List<SegmentFacts> Of(Machine machine, int mm)
    {
        MmStruct space = machine.AddressSpaces.Mms[mm];
        var segments = new List<SegmentFacts>();
        ulong below = 0;
        int programInode = InodeAt(machine, mm, space.StartCode);
        for (int vma = space.Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            VmArea area = machine.AddressSpaces.Vmas[vma];
            string name = NameOf(machine, space, area, programInode);
            // A table that the area below uses as well is that one's.
            PageTableCensus census = machine.Census(mm, area.Start, area.End, below);
            below = area.End;
            ulong resident = (ulong)census.ResidentPages << 12;
            ulong tables = (ulong)(census.Tables.Total - census.Tables[machine.PageTableLevels]) << 12;
            int index = segments.FindIndex(segment => segment.Name == name);
            var facts = new SegmentFacts
            {
                Name = name,
                Start = area.Start,
                End = area.End,
                Areas = 1,
                SizeBytes = area.LengthBytes,
                ResidentBytes = resident,
                PageTableBytes = tables,
            };
            if (index < 0)
            {
                segments.Add(facts);
                continue;
            }

            SegmentFacts known = segments[index];
            segments[index] = known with
            {
                End = area.End,
                Areas = known.Areas + 1,
                SizeBytes = known.SizeBytes + facts.SizeBytes,
                ResidentBytes = known.ResidentBytes + resident,
                PageTableBytes = known.PageTableBytes + tables,
            };
        }

        return segments;
    }

    private static int InodeAt(Machine machine, int mm, ulong address)
    {
        for (int vma = machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            if (area.Start <= address && address < area.End)
                return area.Inode;
        }

        return 0;
    }

    private static string NameOf(Machine machine, MmStruct space, VmArea area, int programInode)
    {
        if (area.Name != VmaName.None)
            return "vdso";
        if (area.Start <= space.StartStack && area.End >= space.StartStack)
            return "stack";
        if (area.Inode != 0 && area.Inode == programInode)
        {
            if ((area.Flags & VmFlags.Exec) != 0)
                return "text";
            return area.End > space.StartData && area.Start < space.EndData ? "data" : "rodata";
        }

        if (area.Inode == 0 && area.Start < space.Brk && area.End > space.StartBrk)
            return "heap";
        if (area.Inode == 0 && area.Start >= (space.EndData & ~4095UL) && area.End <= PageUp(space.StartBrk))
            return "bss";
        if (area.Inode == 0)
            return "mmap";
        return (area.Flags & VmFlags.Shared) != 0 ? "shared" : "files";
    }

    private static ulong PageUp(ulong value) => (value + 4095) & ~4095UL;
}
