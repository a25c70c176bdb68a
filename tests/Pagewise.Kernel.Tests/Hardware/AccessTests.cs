using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pagewise.Abi;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Hardware;

public sealed class AccessTests
{
    private const ulong Base = 0x1000_0000;
    private const ulong Pages = 8192;

    public static TheoryData<PageTableFormat, string> Machines =>
    [
        .. from format in Enum.GetValues<PageTableFormat>()
           from cpu in CpuPreset.All
           select new TheoryDataRow<PageTableFormat, string>(format, cpu.Name),
    ];

    /// <summary>A batch looks ahead to hide the host's latency; what it models may not differ by that.</summary>
    [Theory]
    [MemberData(nameof(Machines))]
    public void ABatchOfRunsDoesWhatItsAccessesDoOneByOne(PageTableFormat format, string cpu)
    {
        using Machine batches = Create(format, cpu, out TestSpace inBatches);
        using Machine singles = Create(format, cpu, out TestSpace alone);
        Random random = new(3);
        AccessRun[] runs = new AccessRun[500];
        for (int batch = 0; batch < 40; batch++)
        {
            for (int i = 0; i < runs.Length; i++)
            {
                // Now and then a page that nothing maps, or an address that is not canonical: the batch stops there.
                ulong address = random.Next(3) == 0 ? Base + (ulong)random.Next(32 << 12) : Base + (ulong)random.NextInt64((long)Pages << 12);
                address = random.Next(400) switch { 0 => address + (Pages << 12), 1 => address | (1UL << 62), _ => address };
                runs[i] = new AccessRun(address, 1 + (uint)random.Next(3), (AccessKind)random.Next(2));
            }

            int done = batches.Access(inBatches.Task, runs, out FaultOutcome outcome);
            FaultOutcome last = default;
            int expected = 0;
            for (; expected < runs.Length && last.IsResolved; expected++)
            {
                for (uint i = 0; i < runs[expected].Count && last.IsResolved; i++)
                    last = singles.Access(alone.Task, runs[expected].Address, runs[expected].Kind);
            }

            done.ShouldBe(last.IsResolved ? runs.Length : expected - 1);
            outcome.Signal.ShouldBe(last.Signal);
            Numbers(batches.TotalTlbCounters()).ShouldBe(Numbers(singles.TotalTlbCounters()));
            batches.NowNs.ShouldBe(singles.NowNs);
        }
    }

    [Fact]
    public void AnAccessAllocatesNothing()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 256UL << 20, Thp = ThpMode.Never });
        TestSpace space = new(machine);
        space.Map(Base, Pages);
        AccessRun[] runs = [.. Enumerable.Range(0, (int)Pages).Select(page => new AccessRun(Base + ((ulong)page * 4096 * 769 % (Pages << 12)), 1, AccessKind.Write))];
        long before = GC.GetAllocatedBytesForCurrentThread();
        machine.Access(space.Task, runs.AsSpan(0, 4000), out _); // first touches
        machine.Access(space.Task, runs.AsSpan(0, 4000), out _); // walks
        for (int i = 0; i < 4000; i++)
            machine.Access(space.Task, Base, AccessKind.Read); // hits
        for (int i = 4000; i < (int)Pages; i++)
            machine.Access(space.Task, runs[i].Address, AccessKind.Read); // the zero page
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        machine.TotalTlbCounters().Walks.ShouldBeGreaterThan((long)Pages);
    }

    /// <summary>The host commits memory for what was touched: a machine of a tebibyte is a few mebibytes, and 32 bytes a frame at most.</summary>
    [Fact]
    public void ATebibyteTakesLittleUntilItIsTouched()
    {
        Unsafe.SizeOf<PageFrame>().ShouldBe(32);
        if (!OperatingSystem.IsLinux())
            Assert.Skip("resident memory is read from /proc");
        long before = ResidentBytes();
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 1UL << 40 });
        TestSpace space = new(machine);
        space.Map(Base, Pages);
        space.Write(Base).IsResolved.ShouldBeTrue();
        (ResidentBytes() - before).ShouldBeLessThan(64 << 20);
    }

    private static long[] Numbers(TlbCounters counters) => MemoryMarshal.Cast<TlbCounters, long>(new Span<TlbCounters>(ref counters)).ToArray();

    private static long ResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;

    private static Machine Create(PageTableFormat format, string cpu, out TestSpace space)
    {
        Machine machine = Machine.Create(new MachineSpec { Format = format, Cpu = cpu, MemoryBytes = 64UL << 20, Thp = ThpMode.Never });
        space = new TestSpace(machine);
        space.Map(Base, Pages);
        return machine;
    }
}
