using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel.Tests.Tasks;

/// <summary>Programs to execute, with the segments that a linker gives them, and the maps that come of it.</summary>
internal static class Programs
{
    /// <summary>A static program linked at 4 MiB.</summary>
    public static ExecImage Static(Machine machine) => new()
    {
        Comm = "static",
        Program = new ExecFile { Inode = File(machine, "/bin/static"), Segments = Segments(0x40_0000) },
    };

    /// <summary>A position-independent program with a dynamic linker.</summary>
    public static ExecImage Dynamic(Machine machine) => new()
    {
        Comm = "dynamic",
        Program = new ExecFile { Inode = File(machine, "/bin/dynamic"), Segments = Segments(0), IsPositionIndependent = true },
        Interpreter = new ExecFile { Inode = File(machine, "/lib/ld.so"), Segments = Segments(0), IsPositionIndependent = true },
    };

    /// <summary>A position-independent program without a dynamic linker.</summary>
    public static ExecImage StaticPie(Machine machine) => Dynamic(machine) with { Comm = "static-pie", Interpreter = null };

    /// <summary>A task that runs a program.</summary>
    public static int Run(Machine machine, ExecImage image)
    {
        int task = machine.SystemCalls.CreateInitialTask(0, "init");
        machine.SystemCalls.Execve(task, image).ShouldBe(SysResult.Ok);
        return task;
    }

    /// <summary>The areas of a task's address space as "start-end perms name".</summary>
    public static string[] Maps(Machine machine, int task)
    {
        List<string> lines = [];
        ref MmStruct mm = ref machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm];
        for (int vma = mm.Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            string perms = $"{Bit(area.Flags, VmFlags.Read, 'r')}{Bit(area.Flags, VmFlags.Write, 'w')}{Bit(area.Flags, VmFlags.Exec, 'x')}";
            string name = area.Inode != 0 ? machine.Inodes.NameOf(area.Inode) : area.Name == VmaName.None ? "" : $"[{area.Name.ToString().ToLowerInvariant()}]";
            lines.Add($"{area.Start:x}-{area.End:x} {perms} {name}".TrimEnd());
        }

        return [.. lines];
    }

    private static char Bit(VmFlags flags, VmFlags bit, char letter) => (flags & bit) != 0 ? letter : '-';

    private static int File(Machine machine, string name) => machine.Inodes.Create(name, InodeKind.Regular, 0xfe0000, 7, 1 << 20);

    // Headers, text, constants, and data that ends within a page, with bss behind it.
    private static ExecSegment[] Segments(ulong at) =>
    [
        new(at, 0, 0x800, 0x800, Prot.Read),
        new(at + 0x1000, 0x1000, 0x2345, 0x2345, Prot.Read | Prot.Exec),
        new(at + 0x4000, 0x4000, 0x600, 0x600, Prot.Read),
        new(at + 0x5d80, 0x4d80, 0x900, 0x3000, Prot.Read | Prot.Write),
    ];
}
