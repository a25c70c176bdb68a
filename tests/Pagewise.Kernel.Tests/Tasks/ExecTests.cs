using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Tasks;

/// <summary>Layouts of new programs. The expected addresses are those of programs on the live kernel, ASLR off.</summary>
public sealed class ExecTests
{
    [Fact]
    public void AStaticProgramLiesWhereItWasLinkedWithBssBrkVdsoAndStackAround()
    {
        using Machine machine = Machine.Create(new MachineSpec());

        int task = Programs.Run(machine, Programs.Static(machine));

        Programs.Maps(machine, task).ShouldBe(
        [
            "400000-401000 r-- /bin/static", "401000-404000 r-x /bin/static", "404000-405000 r-- /bin/static",
            "405000-407000 rw- /bin/static", "407000-409000 rw-",
            "7ffff7ff7000-7ffff7ffb000 r-- [vvar]", "7ffff7ffb000-7ffff7ffd000 r-- [vvarvclock]",
            "7ffff7ffd000-7ffff7fff000 r-x [vdso]", "7ffffffde000-7ffffffff000 rw-",
        ]);
        ref MmStruct mm = ref machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm];
        (mm.StartCode, mm.EndCode).ShouldBe((0x401000UL, 0x403345UL));
        (mm.StartData, mm.EndData).ShouldBe((0x405d80UL, 0x406680UL));
        (mm.StartBrk, mm.Brk).ShouldBe((0x409000UL, 0x409000UL));
        machine.Tasks.CommOf(task).ShouldBe("static");
        // One page of stack strings and one of data that the kernel clears to its end.
        machine.Tasks.Tasks[task].MinorFaults.ShouldBe(2);
        mm.Rss.AnonPages.ShouldBe(2);
        // The first break is an area of its own though bss is just below and alike.
        machine.SystemCalls.Brk(task, 0x40a000).Address.ShouldBe(0x40a000UL);
        Programs.Maps(machine, task).ShouldContain("409000-40a000 rw-");
    }

    [Fact]
    public void ADynamicProgramLiesTwoThirdsUpAndItsLinkerBelowTheStackArea()
    {
        using Machine machine = Machine.Create(new MachineSpec());

        int task = Programs.Run(machine, Programs.Dynamic(machine));

        string[] maps = Programs.Maps(machine, task);
        maps[0].ShouldBe("555555554000-555555555000 r-- /bin/dynamic");
        maps.ShouldContain("7ffff7ff6000-7ffff7ff7000 r-- /lib/ld.so");
        maps.ShouldContain("7ffff7ff4000-7ffff7ff6000 r-x [vdso]");
        machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].StartBrk.ShouldBe(0x55555555d000UL);
    }

    [Theory]
    [InlineData(18, 0x5555_5555_5000)]
    [InlineData(1, 0x7fff_f7ff_f000)]
    public void AStaticPieLiesInTheMmapAreaAndItsBreakMovesAwayFrom615On(int minor, ulong startBrk)
    {
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new KernelVersion(6, minor) });

        int task = Programs.Run(machine, Programs.StaticPie(machine));

        Programs.Maps(machine, task).ShouldContain("7ffff7ff6000-7ffff7ff7000 r-- /bin/dynamic");
        machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].StartBrk.ShouldBe(startBrk);
    }

    [Fact]
    public void Before613TheVdsoHasNoAreaForVirtualClocks()
    {
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new KernelVersion(6, 1) });

        int task = Programs.Run(machine, Programs.Static(machine));

        Programs.Maps(machine, task)[^3..].ShouldBe(
            ["7ffff7ff9000-7ffff7ffd000 r-- [vvar]", "7ffff7ffd000-7ffff7fff000 r-x [vdso]", "7ffffffde000-7ffffffff000 rw-"]);
    }

    [Fact]
    public void AnUnlimitedStackLeavesASixthOfTheSpaceToMmap()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = machine.SystemCalls.CreateInitialTask(0, "init");
        machine.SystemCalls.Prlimit(task, 0, RlimitResource.Stack, Rlimit.Unlimited, out _).ShouldBe(SysResult.Ok);

        machine.SystemCalls.Execve(task, Programs.Static(machine)).ShouldBe(SysResult.Ok);

        Programs.Maps(machine, task).ShouldContain("155555554000-155555556000 r-x [vdso]");
    }

    [Fact]
    public void AddrCompatLayoutPlacesFromAThirdUp()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = machine.SystemCalls.CreateInitialTask(0, "init");
        machine.SystemCalls.SetPersonality(task, (uint)Personality.AddrCompatLayout);

        machine.SystemCalls.Execve(task, Programs.Static(machine)).ShouldBe(SysResult.Ok);

        Programs.Maps(machine, task).ShouldContain("2aaaaaaab000-2aaaaaaaf000 r-- [vvar]");
    }

    [Fact]
    public void A32BitProgramOnA64BitKernelHasTheAddressesOfTheRecordedOne()
    {
        using Machine machine = Machine.Create(new MachineSpec());

        int task = Programs.Run(machine, Programs.Dynamic(machine) with { Is32Bit = true });

        string[] maps = Programs.Maps(machine, task);
        maps[0].ShouldStartWith("56555000-");
        maps[^2].ShouldContain("-f7ffe000 ");
        maps[^1].ShouldBe("fffdd000-ffffe000 rw-");
    }

    [Theory]
    [InlineData(PageTableFormat.X86_32)]
    [InlineData(PageTableFormat.X86Pae)]
    public void A32BitKernelKeepsTheTopGigabyte(PageTableFormat format)
    {
        using Machine machine = Machine.Create(new MachineSpec { Format = format });

        int task = Programs.Run(machine, Programs.Dynamic(machine));

        string[] maps = Programs.Maps(machine, task);
        maps[0].ShouldStartWith("400000-");
        maps[^1].ShouldBe("bffdf000-c0000000 rw-");
        maps[^2].ShouldContain("-b8000000 ");
    }

    [Fact]
    public void FiveLevelsAreUsedOnlyByAHintAboveThem()
    {
        using Machine machine = Machine.Create(new MachineSpec { Format = PageTableFormat.X86_64_5Level });
        int task = Programs.Run(machine, Programs.Static(machine));
        const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

        machine.SystemCalls.Mmap(task, 0, 4096, Prot.Read, Anonymous, -1, 0).Address.ShouldBe(0x7ffff7ff6000UL);
        machine.SystemCalls.Mmap(task, 1UL << 52, 4096, Prot.Read, Anonymous, -1, 0).Address.ShouldBe(1UL << 52);
        machine.SystemCalls.Mmap(task, ulong.MaxValue >> 1, 4096, Prot.Read, Anonymous, -1, 0).Address.ShouldBeGreaterThan(1UL << 55);
    }

    [Fact]
    public void SeededRandomAddressesSpreadOverLinuxsRangesAndRepeat()
    {
        SortedSet<ulong> programs = [], stacks = [], breaks = [], linkers = [];
        for (ulong seed = 1; seed <= 200; seed++)
        {
            ulong[] first = RandomLayout(seed);
            RandomLayout(seed).ShouldBe(first);
            programs.Add(first[0]);
            stacks.Add(first[1]);
            breaks.Add(first[2]);
            linkers.Add(first[3]);
        }

        Spread(programs, 0x5555_5555_4000, 1UL << 40);
        Spread(stacks, 0x7fff_ffff_f000 - (1UL << 34) - 8192, (1UL << 34) + 8192);
        Spread(breaks, 0, 1UL << 30);
        Spread(linkers, 0x7fff_ffff_f000 - (1UL << 40) - (17UL << 30), (1UL << 40) + (1UL << 30));
    }

    // Within the range, over most of it, and hardly ever the same.
    private static void Spread(SortedSet<ulong> values, ulong low, ulong range)
    {
        values.Min.ShouldBeGreaterThanOrEqualTo(low);
        values.Max.ShouldBeLessThan(low + range);
        (values.Max - values.Min).ShouldBeGreaterThan(range / 10 * 9);
        values.Count.ShouldBeGreaterThan(195);
    }

    private static ulong[] RandomLayout(ulong seed)
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 16 << 20, RandomizeVaSpace = 2, Seed = seed });
        int task = Programs.Run(machine, Programs.Dynamic(machine));
        ref MmStruct mm = ref machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm];
        ulong program = machine.AddressSpaces.Vmas[mm.Mmap].Start;
        int stack = mm.MmapTail;
        int linker = machine.AddressSpaces.Vmas[stack].Prev;
        machine.AddressSpaces.Vmas[stack].Flags.HasFlag(VmFlags.GrowsDown).ShouldBeTrue();
        return [program, machine.AddressSpaces.Vmas[stack].End, mm.StartBrk - (program + 0x9000), machine.AddressSpaces.Vmas[linker].End];
    }
}
