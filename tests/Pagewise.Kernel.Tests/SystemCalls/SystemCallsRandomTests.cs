using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.SystemCalls;
using Pagewise.Kernel.Tests.AddressSpaces;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests;

/// <summary>Every modelled call with arguments that make no sense, and some that do: none may throw or break a structure.</summary>
public sealed class SystemCallsRandomTests
{
    private static readonly Sysno[] Calls = [.. Enum.GetValues<Sysno>().Where(SystemCalls.SystemCalls.IsModelled)];

    private static readonly ulong[] Numbers =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 18, 22, 32, 34, 64, 100, 102, 255, 4095, 4096, 4097, 8192, 16384, 65536,
        0x100000, 0x200000, 0x201000, 0x400000, 0x40000000, 0x80000000, 0xffffffff, 0x100000000, 0x10000000000, 0x7ffff7ff7000,
        0x7fffffffe000, 0x7ffffffff000, 0x800000000000, 0x7fffffffffffffff, 0xfffffffffffff000, 0xffffffffffffffff,
    ];

    [Theory]
    [InlineData(41, 18, PageTableFormat.X86_64)]
    [InlineData(42, 18, PageTableFormat.X86_64_5Level)]
    [InlineData(43, 18, PageTableFormat.X86Pae)]
    [InlineData(44, 1, PageTableFormat.X86_64)]
    [InlineData(45, 12, PageTableFormat.X86_32)]
    public void NoCallThrowsOrBreaksAStructure(int seed, int minor, PageTableFormat format)
    {
        Random random = new(seed);
        using Machine machine = Machine.Create(new MachineSpec
        {
            Kernel = new KernelVersion(6, minor),
            Format = format,
            MemoryBytes = 32 << 20,
            OvercommitMemory = seed % 3,
            RandomizeVaSpace = seed % 3,
        });
        int file = machine.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 5, 3 << 20);
        int zero = machine.Inodes.Create("/dev/zero", InodeKind.DevZero, 5, 5, 0);
        List<int> tasks = [Programs.Run(machine, Programs.Static(machine))];
        SpaceValidator validator = new(machine.AddressSpaces);
        int succeeded = 0;
        for (int step = 0; step < 12_000; step++)
        {
            int task = tasks[random.Next(tasks.Count)];
            SyscallArgs args = Arguments(machine, task, random, file, zero);
            if (IsBirth(args.Number) && tasks.Count > 6)
                continue;
            // Linux has counted such pages twice since 6.15, which the validator takes for an error.
            if (args.Number == Sysno.Mremap && minor >= 15 && (args.A3 & (ulong)MremapFlags.DontUnmap) != 0
                && machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].LockedVm != 0)
                continue;
            SysResult result = machine.SystemCalls.Invoke(task, args);
            succeeded += result.IsError ? 0 : 1;
            if (IsBirth(args.Number) && !result.IsError)
                tasks.Add(machine.Tasks.Find((int)result.Raw));
            tasks.RemoveAll(other => machine.Tasks.Tasks[other].HasExited);
            if (tasks.Count == 0)
                tasks.Add(Programs.Run(machine, Programs.Dynamic(machine)));
            machine.Access(tasks[0], random.Next(2) == 0 ? Number(random) : SomeAddress(machine, tasks[0], random), (AccessKind)random.Next(3));
            if (step % 8 == 0)
                validator.Validate(machine.Tasks.Tasks[tasks[^1]].Mm);
        }

        succeeded.ShouldBeGreaterThan(2_000);
        foreach (int task in tasks)
            machine.SystemCalls.ExitGroup(task);
        AddressSpaceArenas spaces = machine.AddressSpaces;
        (spaces.Vmas.Count, spaces.Mms.Count, spaces.AnonVmas.Count, spaces.AnonVmaChains.Count).ShouldBe((0, 0, 0, 0));
    }

    private static bool IsBirth(Sysno number) => number is Sysno.Fork or Sysno.Vfork or Sysno.Clone or Sysno.Clone3;

    private static SyscallArgs Arguments(Machine machine, int task, Random random, int file, int zero)
    {
        Sysno number = Calls[random.Next(Calls.Length)];
        // The mapping calls make up most, with arguments that often fit.
        if (random.Next(3) != 0)
            number = random.Next(8) switch
            {
                0 or 1 => Sysno.Mmap,
                2 => Sysno.Munmap,
                3 => Sysno.Mprotect,
                4 => Sysno.Mremap,
                5 => Sysno.Madvise,
                6 => Sysno.Mlock,
                _ => Sysno.Brk,
            };
        ulong address = random.Next(3) == 0 ? Number(random) : SomeAddress(machine, task, random);
        ulong second = number is Sysno.Mremap or Sysno.Munmap or Sysno.Mprotect or Sysno.Madvise or Sysno.Mlock && random.Next(2) == 0
            ? (ulong)random.Next(1, 20) << 12
            : Number(random);
        return new SyscallArgs(number, address, second, Number(random) & 0xff, Flags(number, random), (ulong)(long)random.Next(-1, 8), Number(random))
        {
            Inode = random.Next(3) switch { 0 => file, 1 => zero, _ => 0 },
            Image = random.Next(4) == 0 ? Programs.Dynamic(machine) : null,
            Limit = random.Next(3) == 0 ? new Rlimit(Number(random), Number(random)) : null,
            Text = "text",
            CloneFlags = (CloneFlags)(Number(random) & 0x10f00),
        };
    }

    private static ulong Flags(Sysno number, Random random) => number switch
    {
        Sysno.Mmap => (uint)random.Next(4) | (random.Next(4) != 0 ? 0x20UL : 0) | (Number(random) & 0x17f110),
        Sysno.Mremap => (ulong)random.Next(8),
        _ => Number(random),
    };

    private static ulong Number(Random random) => Numbers[random.Next(Numbers.Length)];

    private static ulong SomeAddress(Machine machine, int task, Random random)
    {
        int vma = machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].Mmap;
        for (int skip = random.Next(12); skip > 0 && vma != 0 && machine.AddressSpaces.Vmas[vma].Next != 0; skip--)
            vma = machine.AddressSpaces.Vmas[vma].Next;
        return vma == 0 ? 0x10000 : machine.AddressSpaces.Vmas[vma].Start + ((ulong)random.Next(-3, 6) << 12);
    }
}
