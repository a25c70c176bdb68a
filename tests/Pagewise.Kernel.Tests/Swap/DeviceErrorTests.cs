using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>Devices that fail: the page that cannot be had is a SIGBUS, and nothing else is lost.</summary>
public sealed class DeviceErrorTests
{
    private const ulong Base = 0x10_0000_0000;
    private const int Pages = 4096;
    private const uint SwapPages = 16384;

    [Theory]
    [InlineData(MapFlags.Private, 800)]
    [InlineData(MapFlags.Shared, 300)] // shared memory gives its slot up when it comes back: what is read has to fit
    public void ATruncatedSwapFileCostsItsPagesAndNoOthers(MapFlags flags, int kept)
    {
        using var file = new SwapFile(SwapPages);
        using Machine machine = Crowded(file, out int task, flags);
        Fill(machine, task);
        machine.SystemCalls.Madvise(task, Base, Pages << 12, Madvice.PageOut).IsError.ShouldBeFalse();
        machine.BlockDevices.Drain();
        file.Truncate(kept);
        (int good, int bad) = Read(machine, task);
        bad.ShouldBeGreaterThan(Pages / 2);
        good.ShouldBeInRange(kept * 7 / 8, Pages - bad);
        machine.Validate();
        // Still there are no bytes: the signal comes again, and never wrong bytes.
        Read(machine, task).ShouldBe((good, bad));
        machine.SystemCalls.ExitGroup(task);
        machine.Validate();
        machine.VmStat.NrAnonPages.ShouldBe(0);
    }

    [Fact]
    public void WhatCannotBeWrittenToSwapStaysInMemory()
    {
        using var file = new SwapFile(SwapPages);
        using Machine machine = Crowded(file, out int task, MapFlags.Private);
        for (int page = 0; page < Pages / 4; page++)
            Store(machine, task, page).IsResolved.ShouldBeTrue();
        file.IsReadOnly = true;
        machine.SystemCalls.Madvise(task, Base, (Pages / 4) << 12, Madvice.PageOut).IsError.ShouldBeFalse();
        machine.BlockDevices.Drain();
        machine.Validate();
        machine.VmStat.NrVmscanWrite.ShouldBeGreaterThan(0);
        for (int page = 0; page < Pages / 4; page++)
            Load(machine, task, page).ShouldBe((true, page + 1));
        // Once the device works again they can go.
        file.IsReadOnly = false;
        machine.SystemCalls.Madvise(task, Base, (Pages / 4) << 12, Madvice.PageOut);
        machine.BlockDevices.Drain();
        for (int page = 0; page < Pages / 4; page++)
            Load(machine, task, page).ShouldBe((true, page + 1));
        machine.Validate();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BadSectorsOfASwapPartitionAreSignals(bool isRead)
    {
        SectorRange[] bad = [new(8 * 100, (8 * 400) + 7)];
        BlockDeviceSpec disk = BlockDeviceSpec.Find("nvme")!;
        using Machine machine = Crowded(null, out int task, MapFlags.Private, isRead ? disk with { ReadErrors = bad } : disk with { WriteErrors = bad });
        Fill(machine, task);
        (int good, int failed) = Read(machine, task);
        (good + failed).ShouldBe(Pages);
        // A sector that cannot be written costs nothing: the page stays, or finds another slot.
        if (isRead)
            failed.ShouldBeInRange(1, 301);
        else
            failed.ShouldBe(0);
        machine.Validate();
    }

    [Fact]
    public void AFullSwapKillsWhoAsksForMoreAndNoOneElseLosesAByte()
    {
        const int bystanders = 64;
        using Machine machine = Crowded(null, out int task, MapFlags.Private, swapPages: 1025);
        int stored = 0;
        for (; stored < bystanders; stored++)
            Store(machine, task, stored).IsResolved.ShouldBeTrue();
        machine.SystemCalls.Clone(task, CloneFlags.None, 77).Raw.ShouldBe(77);
        FaultOutcome outcome = default;
        while (stored < Pages && (outcome = Store(machine, task, stored)).IsResolved)
            stored++;
        stored.ShouldBeInRange(1024, Pages - 1);
        outcome.Signal.ShouldBe(Signal.Kill);
        machine.VmStat.PswpOut.ShouldBeGreaterThan(1000);
        machine.Validate();
        for (int page = 0; page < bystanders; page++)
            Load(machine, machine.Tasks.Find(77), page).ShouldBe((true, page + 1));
        machine.Validate();
    }

    [Fact]
    public void AFilesBadSectorIsASignalForItsPageAlone()
    {
        const int bad = 37;
        int inode;
        using (Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 32 << 20 }))
        {
            _ = Programs.Run(machine, Programs.Static(machine));
            inode = machine.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 9, 100 << 12);
        }

        // Files lie where their inodes' numbers say.
        ulong sector = PageReads.SectorOf(inode, bad);
        BlockDeviceSpec disk = BlockDeviceSpec.Find("nvme")! with { ReadErrors = [new SectorRange(sector, sector)] };
        using Machine broken = Machine.Create(new MachineSpec { MemoryBytes = 32 << 20, WarmPageCache = false, BlockDevices = [disk] });
        int task = Programs.Run(broken, Programs.Static(broken));
        broken.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 9, 100 << 12).ShouldBe(inode);
        int fd = (int)broken.SystemCalls.Open(task, inode, OpenFlags.ReadWrite).Raw;
        broken.SystemCalls.Mmap(task, Base, 100 << 12, Prot.Read, MapFlags.Shared | MapFlags.Fixed, fd, 0).Address.ShouldBe(Base);
        for (int round = 0; round < 2; round++)
        {
            for (int page = 0; page < 100; page++)
            {
                FaultOutcome outcome = broken.Access(task, Base + ((ulong)page << 12), AccessKind.Read);
                outcome.Signal.ShouldBe(page == bad ? Signal.Bus : Signal.None, $"page {page}");
            }
        }

        broken.Validate();
    }

    // A machine that holds a quarter of what the task maps.
    private static Machine Crowded(SwapFile? file, out int task, MapFlags flags, BlockDeviceSpec? disk = null, uint swapPages = SwapPages)
    {
        Machine machine = Machine.Create(new MachineSpec
        {
            MemoryBytes = 6 << 20,
            Cpus = 1,
            OvercommitMemory = 1,
            PageCluster = 0,
            BlockDevices = [disk ?? BlockDeviceSpec.Find("nvme")!],
            SwapBytes = (ulong)(swapPages - 1) << 12,
            SwapAreas = [new SwapAreaSpec(swapPages) { OpenStore = file is null ? null : _ => file }],
        });
        task = Programs.Run(machine, Programs.Static(machine));
        machine.SystemCalls.Mmap(task, Base, Pages << 12, Prot.Read | Prot.Write, flags | MapFlags.Anonymous | MapFlags.Fixed, -1, 0).Address.ShouldBe(Base);
        return machine;
    }

    private static FaultOutcome Store(Machine machine, int task, int page) =>
        machine.WriteMemory(task, Base + ((ulong)page << 12), BitConverter.GetBytes(page + 1));

    private static void Fill(Machine machine, int task)
    {
        for (int page = 0; page < Pages; page++)
            Store(machine, task, page).IsResolved.ShouldBeTrue();
        machine.VmStat.PswpOut.ShouldBeGreaterThan(Pages / 2);
    }

    private static (bool IsThere, int Value) Load(Machine machine, int task, int page)
    {
        byte[] bytes = new byte[sizeof(int)];
        FaultOutcome outcome = machine.ReadMemory(task, Base + ((ulong)page << 12), bytes);
        if (!outcome.IsResolved)
            outcome.Signal.ShouldBe(Signal.Bus);
        return (outcome.IsResolved, BitConverter.ToInt32(bytes));
    }

    // Whatever can be read is what was stored.
    private static (int Good, int Bad) Read(Machine machine, int task)
    {
        int good = 0;
        for (int page = 0; page < Pages; page++)
        {
            (bool isThere, int value) = Load(machine, task, page);
            if (!isThere)
                continue;
            value.ShouldBe(page + 1);
            good++;
        }

        return (good, Pages - good);
    }
}
