using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.Faults;

public sealed class AnonymousFaultTests
{
    private const ulong Base = 0x1000_0000;

    public static TheoryData<PageTableFormat> Formats => [.. Enum.GetValues<PageTableFormat>()];

    [Theory]
    [MemberData(nameof(Formats))]
    public void ReadsShowTheZeroPageAndTheFirstWriteGetsAFrame(PageTableFormat format)
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20, Format = format });
        TestSpace space = new(machine);
        space.Map(Base, 16);

        space.Read(Base).IsResolved.ShouldBeTrue();
        space.Space.Rss.AnonPages.ShouldBe(0);
        space.MinorFaults.ShouldBe(1);
        space.Write(Base).IsResolved.ShouldBeTrue();
        space.Space.Rss.AnonPages.ShouldBe(1);
        space.MinorFaults.ShouldBe(2);
        space.Write(Base).IsResolved.ShouldBeTrue();
        space.Write(Base + 4096).IsResolved.ShouldBeTrue();
        space.MinorFaults.ShouldBe(3);
        space.Space.Faults.ZeroPage.ShouldBe(1);
        space.Space.Faults.CopyOnWrite.ShouldBe(1);
        space.Space.Faults.Anonymous.ShouldBe(1);
    }

    [Fact]
    public void SmapsTakesAnAreaBelowTheFirstHugePageForEligible()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20, Thp = ThpMode.Always });
        TestSpace space = new(machine);
        int low = space.Map(0x1_0000, 1);
        int small = space.Map(Base, 1);
        int large = space.Map(2 * Base, 512);

        machine.PageTables.IsThpEligible(low).ShouldBeTrue();
        machine.PageTables.IsThpEligible(small).ShouldBeFalse();
        machine.PageTables.IsThpEligible(large).ShouldBeTrue();
        space.Write(0x1_0000).IsResolved.ShouldBeTrue();
        space.Space.Rss.AnonPages.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void BytesWrittenAreReadBackAcrossPages(PageTableFormat format)
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20, Format = format });
        TestSpace space = new(machine);
        space.Map(Base, 16);

        space.WriteBytes(Base + 4094, 1, 2, 3, 4);

        space.ReadBytes(Base + 4093, 6).ShouldBe(new byte[] { 0, 1, 2, 3, 4, 0 });
        space.MinorFaults.ShouldBe(2);
    }

    [Fact]
    public void AccessesOutsideAreasAndAgainstTheirRightsGetTheSignalThatLinuxSends()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20 });
        TestSpace space = new(machine);
        space.Map(Base, 1, VmFlags.Read);
        space.Map(Base + 4096, 1, VmFlags.None);

        space.Write(Base).ShouldBe(new FaultOutcome(Signal.Segv, SignalCode.AccErr, false));
        space.Read(Base + 4096).ShouldBe(new FaultOutcome(Signal.Segv, SignalCode.AccErr, false));
        space.Read(Base + 8192).ShouldBe(new FaultOutcome(Signal.Segv, SignalCode.MapErr, false));
        space.Read(0x8000_0000_0000).ShouldBe(new FaultOutcome(Signal.Segv, SignalCode.Kernel, false));
        space.Read(0xffff_8000_0000_0000).ShouldBe(new FaultOutcome(Signal.Segv, SignalCode.MapErr, false));
        space.MinorFaults.ShouldBe(0);
        // A fetch first brings the page in; the right is missed on the second try.
        machine.Access(space.Task, Base, AccessKind.Execute).ShouldBe(new FaultOutcome(Signal.Segv, SignalCode.AccErr, false));
        space.MinorFaults.ShouldBe(1);
    }

    [Fact]
    public void WithoutFramesLeftAndNobodyToMakeSomeTheTaskIsKilled()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 1 << 20 });
        machine.Allocator.Pressure = null;
        TestSpace space = new(machine);
        space.Map(Base, 1024);
        FaultOutcome outcome = default;
        for (ulong page = 0; page < 1024 && outcome.IsResolved; page++)
            outcome = space.Write(Base + (page << 12));
        outcome.Signal.ShouldBe(Signal.Kill);
        // What is left is the reserve below the min watermark, which such allocations may not touch.
        machine.Zones[0].FreePages.ShouldBeInRange(1, machine.Zones[0].MarkPages(Watermark.Min));
        machine.PageTables.Zap(space.Space.Mmap, Base, Base + (1024 << 12), keepMarkers: false);
        space.Write(Base).IsResolved.ShouldBeTrue();
    }
}
