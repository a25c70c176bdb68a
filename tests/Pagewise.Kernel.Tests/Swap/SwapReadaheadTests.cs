using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>
/// Which pages a fault on swap brings. The sequences were watched in Linux 6.1.192 (a guest of QEMU, its disk's
/// queue/rotational set to 0, page-cluster 3): after each access, what mincore found in memory that was not there before.
/// </summary>
public sealed class SwapReadaheadTests
{
    private const int Pages = 1200;
    private const ulong Base = 0x3200_0010_0000; // page 256 begins a page table

    [Fact]
    public void NeighboursByAddressAreThoseOfLinux()
    {
        using Machine machine = Create(BlockDeviceSpec.Find("nvme")!);
        int task = StartSwapped(machine);
        long read = machine.VmStat.PswpIn;
        Play(machine, task,
            "100:97-104 101 102 103 104 105:105-112 106 107 108 109 110 111 112 120:117-124 119 118 117 116:113-116 115 114 113 "
            + "300:297-304 302 304 306:305-308 308 400:399-402 450:450-451 451 452:452-455 453 454 455 500:497-504 499 498 497 490:487-494 489 488 "
            + "255:254-255 250:250-251 252:252 251 256:256-258 600:600-601 650:650 700:700 701:701-702 750:750 749:748-749 2:2 0:0 1:1 1198:1198 1199:1199 "
            + "900:900 901:901-902 902 903:903-906 904 905 906 907:907-914 908 909 910 911 912 913 914 915:915-922 916 917 918 919 920 921 922 923:923-930 924 925");
        (machine.VmStat.PswpIn - read).ShouldBe(119);
        machine.VmStat.SwapRaHit.ShouldBe(50);
        machine.Validate();
    }

    [Fact]
    public void PartsOfASplitAreaGoOnFromTheSameRead()
    {
        using Machine machine = Create(BlockDeviceSpec.Find("nvme")!);
        int task = StartSwapped(machine);
        Play(machine, task, LeadToOne);
        Play(machine, task, "601:601-602 602 603:603-606 604 605");
        machine.SystemCalls.Mprotect(task, Base + (610UL << 12), 50 << 12, Prot.Read).IsError.ShouldBeFalse();
        Play(machine, task, "606 607:607-609 608 609 610:610-612 611 612 613:613-616 614 615 616 617:617-624 618 619 700:699-702 701");
    }

    [Fact]
    public void AChildGoesOnFromItsParentsRead()
    {
        using Machine machine = Create(BlockDeviceSpec.Find("nvme")!);
        int task = StartSwapped(machine);
        Play(machine, task, LeadToOne);
        Play(machine, task, "601:601-602 602 603:603-606 604 605");
        machine.SystemCalls.Clone(task, CloneFlags.None, 77).Raw.ShouldBe(77);
        Play(machine, machine.Tasks.Find(77), "606 607:607-614 608 609 610 611 612 613 614 615:615-622");
        Play(machine, task, "620 621 622 623:623-630 624 625");
    }

    [Theory]
    [InlineData("hdd", true, false)]
    [InlineData("nvme", false, false)]
    [InlineData("nvme", true, true)]
    public void OnADiskThatTurnsNeighboursGoBySlot(string device, bool isOn, bool byAddress)
    {
        using Machine machine = Create(BlockDeviceSpec.Find(device)!, isOn);
        int task = StartSwapped(machine);
        int[] here = Touch(machine, task, 100);
        here.ShouldContain(100);
        here.Length.ShouldBe(8);
        (here[0] == 97).ShouldBe(byAddress, string.Join(' ', here));
    }

    /// <summary>Reads without neighbours until the window is one page, the last of them page 600.</summary>
    private const string LeadToOne = "100:97-104 300:299-302 400:400-401 500:500 550:550 600:600";

    private static Machine Create(BlockDeviceSpec disk, bool vmaReadahead = true) => Machine.Create(new MachineSpec
    {
        Kernel = new(6, 1),
        MemoryBytes = 64 << 20,
        Cpus = 1,
        OvercommitMemory = 1,
        BlockDevices = [disk],
        SwapBytes = 128 << 20,
        HasVmaReadahead = vmaReadahead,
    });

    // Memory that is all in swap, and not in the swap cache any more.
    private static int StartSwapped(Machine machine)
    {
        int task = Programs.Run(machine, Programs.Static(machine));
        Map(machine, task, Base, Pages);
        machine.SystemCalls.Madvise(task, Base, Pages << 12, Madvice.PageOut).IsError.ShouldBeFalse();
        machine.BlockDevices.Drain();
        const ulong crowd = 0x20_0000_0000;
        Map(machine, task, crowd, 18000);
        machine.SystemCalls.Munmap(task, crowd, 18000 << 12).IsError.ShouldBeFalse();
        machine.BlockDevices.Drain();
        Resident(machine, task).Count.ShouldBe(0);
        return task;
    }

    private static void Map(Machine machine, int task, ulong at, int pages)
    {
        machine.SystemCalls.Mmap(task, at, (ulong)pages << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0).Address.ShouldBe(at);
        for (int page = 0; page < pages; page++)
            machine.WriteMemory(task, at + ((ulong)page << 12), BitConverter.GetBytes(page + 1)).IsResolved.ShouldBeTrue();
    }

    /// <summary>"100:97-104 101": page 100 brings 97 to 104, and 101 nothing.</summary>
    private static void Play(Machine machine, int task, string sequence)
    {
        foreach (string step in sequence.Split(' '))
        {
            string[] parts = step.Split(':', '-');
            int[] numbers = [.. parts.Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
            int[] expected = numbers.Length == 1 ? [] : [.. Enumerable.Range(numbers[1], numbers[^1] - numbers[1] + 1)];
            Touch(machine, task, numbers[0]).ShouldBe(expected, step);
        }
    }

    private static int[] Touch(Machine machine, int task, int page)
    {
        HashSet<int> before = Resident(machine, task);
        machine.ReadMemory(task, Base + ((ulong)page << 12), new byte[4]).IsResolved.ShouldBeTrue();
        machine.BlockDevices.Drain();
        return [.. Resident(machine, task).Except(before).Order()];
    }

    private static HashSet<int> Resident(Machine machine, int task)
    {
        byte[] residency = new byte[Pages];
        machine.SystemCalls.Mincore(task, Base, Pages << 12, Base, residency).IsError.ShouldBeFalse();
        return [.. Enumerable.Range(0, Pages).Where(page => (residency[page] & 1) != 0)];
    }
}
