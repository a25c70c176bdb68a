using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/maps (show_map, fs/proc/task_mmu.c); reading and writing give the same bytes.</summary>
/// <param name="Lines">The lines, lowest address first, the gate page last.</param>
public sealed record MapsFile(IReadOnlyList<MapsLine> Lines)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "maps";

    /// <summary>
    /// The first release whose heap must reach past start_brk and begin below brk; before it an area that only touches
    /// the empty heap, such as the bss, shows as "[heap]" (vma_is_initial_heap).
    /// </summary>
    private static readonly KernelVersion StrictHeap = new(6, 10);

    /// <summary>Reads the file's text; that of a process without an address space is empty.</summary>
    /// <exception cref="ProcfsException">The text is not a maps file.</exception>
    public static MapsFile Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        var lines = new List<MapsLine>();
        while (!scanner.AtEnd)
            lines.Add(MapsLine.Take(ref scanner));
        return new MapsFile(lines);
    }

    /// <summary>What a modelled address space shows; 0 is none.</summary>
    public static MapsFile Of(Machine machine, int mm)
    {
        var lines = new List<MapsLine>();
        if (mm == 0)
            return new MapsFile(lines);
        for (int vma = machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
            lines.Add(Line(machine, vma));
        if (GatePage(machine) is { } gate)
            lines.Add(gate);
        return new MapsFile(lines);
    }

    /// <summary>The line of one area (show_map_vma).</summary>
    public static MapsLine Line(Machine machine, int vma)
    {
        ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
        MapsAccess access = (MapsAccess)(byte)(area.Flags & VmFlags.AccessMask);
        if ((area.Flags & VmFlags.MayShare) != 0)
            access |= MapsAccess.Shared;
        if (area.Inode == 0)
            return new MapsLine(area.Start, area.End, access, 0, 0, 0, 0, NameOf(machine, ref area));
        ref Inode inode = ref machine.Inodes.Inodes[area.Inode];
        string name = machine.Inodes.NameOf(area.Inode);
        return new MapsLine(area.Start, area.End, access, area.PgOff << 12, inode.Device >> 16, inode.Device & 0xffff,
            inode.Number, inode.IsDeleted ? name + " (deleted)" : name);
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (MapsLine line in Lines)
            text.Append(line).Append('\n');
        return text.ToString();
    }

    /// <summary>The line of the page that every 64-bit process shows above user space (get_gate_vma); null for other formats.</summary>
    internal static MapsLine? GatePage(Machine machine) => machine.Spec.Format is PageTableFormat.X86_64 or PageTableFormat.X86_64_5Level
        ? new MapsLine(0xffffffffff600000, 0xffffffffff601000, MapsAccess.Exec, 0, 0, 0, 0, "[vsyscall]")
        : null;

    private static string NameOf(Machine machine, ref VmArea area)
    {
        switch (area.Name)
        {
            case VmaName.Vvar:
                return "[vvar]";
            case VmaName.VvarVclock:
                return "[vvar_vclock]";
            case VmaName.Vdso:
                return "[vdso]";
            case VmaName.Vsyscall:
                return "[vsyscall]";
        }

        ref MmStruct mm = ref machine.AddressSpaces.Mms[area.Mm];
        bool isHeap = machine.Spec.Kernel >= StrictHeap
            ? area.Start < mm.Brk && area.End > mm.StartBrk
            : area.Start <= mm.Brk && area.End >= mm.StartBrk;
        if (isHeap)
            return "[heap]";
        return area.Start <= mm.StartStack && area.End >= mm.StartStack ? "[stack]" : "";
    }
}
