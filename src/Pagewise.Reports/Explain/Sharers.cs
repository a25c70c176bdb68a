using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Reports.Explain;

/// <summary>Who maps a frame: the areas of its file or anon_vma tree, each asked at the page's place (rmap_walk).</summary>
internal static class Sharers
{
    /// <summary>One task of each address space that maps the frame, with the address of the page there.</summary>
    public static List<(int Task, ulong Address)> Of(Machine machine, uint pfn)
    {
        PageFrame frame = machine.MemMap[pfn];
        bool isAnonymous = (frame.Flags & PageFlags.Anon) != 0;
        var found = new List<(int Task, ulong Address)>();
        var seen = new HashSet<int>();
        for (int task = 1; task < machine.Tasks.Tasks.HighWater; task++)
        {
            ref TaskStruct thread = ref machine.Tasks.Tasks[task];
            if (thread.Mm == 0 || thread.HasExited || !seen.Add(thread.Mm))
                continue;
            for (int vma = machine.AddressSpaces.Mms[thread.Mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
            {
                ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
                bool mayHaveIt = isAnonymous ? area.AnonVma != 0 : area.Inode == frame.Mapping;
                if (!mayHaveIt || frame.Index < area.PgOff || frame.Index - area.PgOff >= area.Pages)
                    continue;
                ulong address = area.Start + ((frame.Index - area.PgOff) << 12);
                if (machine.FindFrame(thread.Mm, address) == pfn)
                    found.Add((task, address));
            }
        }

        return found;
    }
}
