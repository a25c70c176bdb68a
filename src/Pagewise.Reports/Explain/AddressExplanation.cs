using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Tasks;
using Pagewise.Procfs;
using Pagewise.Reports.Run;
using Spectre.Console;

namespace Pagewise.Reports.Explain;

/// <summary>One address in one address space, from its area to the bytes: written for people.</summary>
public static class AddressExplanation
{
    /// <summary>Writes what the machine holds for an address at this moment.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="task">A task in whose address space the address lies.</param>
    /// <param name="address">The address, as the model has it.</param>
    /// <param name="moment">When, as a phrase for the heading.</param>
    /// <param name="console">Where to.</param>
    public static void Write(Machine machine, int task, ulong address, string moment, IAnsiConsole console)
    {
        TaskStruct thread = machine.Tasks.Tasks[task];
        console.MarkupLine($"[bold]{Text.Address(address)}[/] in {thread.Tgid} {Markup.Escape(machine.Tasks.CommOf(task))}, {moment}");
        Table table = NewTable();
        int vma = AreaAt(machine, thread.Mm, address, out int below, out int above);
        if (vma == 0)
        {
            Row(table, "area", "none: an access gets SIGSEGV, SEGV_MAPERR");
            Row(table, "below", below == 0 ? "nothing" : Line(machine, below));
            Row(table, "above", above == 0 ? "nothing" : Line(machine, above));
            console.Write(table);
            return;
        }

        VmArea area = machine.AddressSpaces.Vmas[vma];
        Row(table, "area", Line(machine, vma));
        Row(table, "vm_flags", Flags(area.Flags));
        Row(table, "page", Backing(machine, area, address));
        Walk(machine, thread.Mm, address, table);
        uint pfn = machine.FindFrame(thread.Mm, address);
        if (pfn != 0)
            Frame(machine, thread.Mm, address, pfn, table);
        Tlbs(machine, thread.Mm, address, table);
        console.Write(table);
    }

    private static int AreaAt(Machine machine, int mm, ulong address, out int below, out int above)
    {
        below = above = 0;
        for (int vma = machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            if (area.Start > address)
            {
                above = vma;
                return 0;
            }

            if (address < area.End)
                return vma;
            below = vma;
        }

        return 0;
    }

    // The maps line without the column in which names stand there.
    private static string Line(Machine machine, int vma) => string.Join(' ', MapsFile.Line(machine, vma).ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string Flags(VmFlags flags)
    {
        var names = new List<string>();
        foreach (VmFlags flag in Enum.GetValues<VmFlags>())
        {
            if (ulong.IsPow2((ulong)flag) && (flags & flag) != 0)
                names.Add(flag.ToString().ToLowerInvariant());
        }

        return names.Count == 0 ? "none" : string.Join(' ', names);
    }

    private static string Backing(Machine machine, VmArea area, ulong address)
    {
        ulong index = area.PageIndex(address);
        if (area.Inode != 0)
            return $"page {index} of {machine.Inodes.NameOf(area.Inode)}";
        if (area.Name != VmaName.None)
            return "made by the kernel for every program";
        return area.AnonVma == 0 ? "anonymous, nothing written yet (no anon_vma)" : $"anonymous, index 0x{index:x} of anon_vma {area.AnonVma}";
    }

    private static void Walk(Machine machine, int mm, ulong address, Table table)
    {
        int digits = machine.PageTableEntryBytes * 2;
        foreach (PageWalkStep step in machine.ReadWalk(mm, address))
        {
            string name = RunReportBuilder.LevelName(step.Level, machine.PageTableLevels);
            string entry = step.Entry.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            Row(table, name, $"frame 0x{step.TablePfn:x}, entry {step.Index}: 0x{entry}  {Bits(step)}");
        }
    }

    private static string Bits(PageWalkStep step)
    {
        ulong entry = step.Entry;
        if (entry == 0)
            return "empty: the next access faults";
        if ((entry & PteBits.Present) == 0)
            return (entry & PteBits.ProtNone) != 0 ? "PROT_NONE: a page is there, any access faults" : "not present: a swap entry or a marker";
        var names = new List<string> { "P" };
        Add(PteBits.Write, "RW");
        Add(PteBits.User, "US");
        Add(PteBits.Accessed, "A");
        Add(PteBits.Dirty, "D");
        if (step.Level > 1)
            Add(PteBits.PageSize, "PS");
        Add(PteBits.Global, "G");
        Add(PteBits.Special, "special");
        Add(PteBits.NoExecute, "NX");
        bool isTable = step.Level > 1 && (entry & PteBits.PageSize) == 0;
        return string.Join(' ', names) + (isTable ? " → table" : " → page") + $" 0x{(entry & PteBits.AddressMask) >> Pfn.Shift:x}";

        void Add(ulong bit, string name)
        {
            if ((entry & bit) != 0)
                names.Add(name);
        }
    }

    private static void Frame(Machine machine, int mm, ulong address, uint pfn, Table table)
    {
        PageFrame frame = machine.MemMap[pfn];
        var words = new List<string>();
        foreach (PageFlags flag in Enum.GetValues<PageFlags>())
        {
            if (flag is not (PageFlags.None or PageFlags.Allocated or PageFlags.HasData) && (frame.Flags & flag) != 0)
                words.Add(flag.ToString());
        }

        Row(table, "frame", $"0x{pfn:x} (physical 0x{((ulong)pfn << Pfn.Shift) | (address & 0xfff):x}): {string.Join(' ', words)}; {Times(frame.RefCount, "reference")}, {Times(frame.MapCount, "mapping")}");
        if ((frame.Flags & PageFlags.HasData) == 0)
        {
            Row(table, "bytes", "all zero");
        }
        else
        {
            int length = (int)Math.Min(16, Pfn.SizeBytes - (address & 0xfff));
            Span<byte> bytes = machine.MemMap.Memory.Bytes(((ulong)pfn << Pfn.Shift) | (address & 0xfff), length);
            Row(table, "bytes", Convert.ToHexStringLower(bytes));
        }

        if ((frame.Flags & PageFlags.Zero) != 0)
        {
            Row(table, "also in", "every program that has read fresh memory: it is the zero page");
            return;
        }

        var others = new List<string>();
        foreach ((int other, ulong at) in Sharers.Of(machine, pfn))
        {
            if (machine.Tasks.Tasks[other].Mm != mm || at != (address & ~0xfffUL))
                others.Add($"{machine.Tasks.Tasks[other].Tgid} {machine.Tasks.CommOf(other)} at {Text.Address(at)}");
        }

        Row(table, "also in", others.Count == 0 ? "no other address space" : string.Join(", ", others));
    }

    private static string Times(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static void Tlbs(Machine machine, int mm, ulong address, Table table)
    {
        IReadOnlyList<TlbFinding> findings = machine.FindInTlbs(mm, address);
        if (findings.Count == 0)
        {
            Row(table, "TLB", "in none: the next access walks");
            return;
        }

        foreach (TlbFinding finding in findings)
        {
            ulong pages = 1UL << ((machine.PageTableEntryBytes == 8 ? 9 : 10) * (finding.PageLevel - 1));
            string rights = ((finding.Data & TlbRights.Write) == TlbRights.Write ? "read write" : "read")
                + ((finding.Data & TlbRights.Execute) == TlbRights.Execute ? " execute" : "");
            Row(table, "TLB", $"CPU {finding.Cpu}, {finding.Tlb}: {Text.Size(pages << 12)} page, {rights}");
        }
    }

    private static Table NewTable()
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("") { NoWrap = true });
        table.AddColumn(new TableColumn(""));
        return table;
    }

    private static void Row(Table table, string name, string value) =>
        table.AddRow(new Markup($"[grey]{Markup.Escape(name)}[/]"), new Spectre.Console.Text(value));
}
