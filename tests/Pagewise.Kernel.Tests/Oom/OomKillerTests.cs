using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel.Tests.Oom;

public sealed class OomKillerTests
{
    private const ulong Area = 0x4000_0000;
    private const ulong Mib = 1 << 20;

    [Fact]
    public void TheLargestProcessDiesAndItsMemoryComesBack()
    {
        using var machine = new Short();
        int small = machine.Start(pid: 10, mib: 1);
        int large = machine.Start(pid: 11, mib: 6);
        int hog = machine.Start(pid: 12, mib: 0);
        machine.GrowUntilAKill(hog);
        machine.Sink.Kills.ShouldBe([11]);
        machine.IsAlive(large).ShouldBeFalse();
        machine.IsAlive(small).ShouldBeTrue();
        machine.IsAlive(hog).ShouldBeTrue();
        machine.Machine.VmStat.OomKill.ShouldBe(1);
        machine.Machine.Allocator.FreePageCount.ShouldBeGreaterThan(900UL);
        machine.Machine.Access(large, Area, AccessKind.Read).Signal.ShouldBe(Signal.Kill);
        machine.Machine.Validate();
    }

    [Fact]
    public void OfEqualsTheLaterProcessDiesThenTheOneBefore()
    {
        using var machine = new Short();
        machine.Start(pid: 10, mib: 2);
        machine.Start(pid: 12, mib: 2);
        machine.Start(pid: 11, mib: 2);
        int hog = machine.Start(pid: 13, mib: 0);
        machine.Machine.SystemCalls.SetOomScoreAdj(hog, 0, -900).IsError.ShouldBeFalse();
        machine.GrowUntilAKill(hog);
        machine.GrowUntilAKill(hog);
        machine.Sink.Kills.ShouldBe([11, 12]);
    }

    [Fact]
    public void TheAdjustmentDecidesAndTheProtectedOneIsSpared()
    {
        using var machine = new Short();
        int spared = machine.Start(pid: 10, mib: 4);
        int first = machine.Start(pid: 11, mib: 1);
        int hog = machine.Start(pid: 12, mib: 0);
        machine.Machine.SystemCalls.SetOomScoreAdj(spared, 0, OomBadness.ScoreAdjMin).IsError.ShouldBeFalse();
        machine.Machine.SystemCalls.SetOomScoreAdj(first, 0, OomBadness.ScoreAdjMax).IsError.ShouldBeFalse();
        machine.GrowUntilAKill(hog);
        machine.GrowUntilAKill(hog);
        machine.Sink.Kills.ShouldBe([11, 12]);
        machine.IsAlive(hog).ShouldBeFalse();
        machine.Machine.Validate();
    }

    [Fact]
    public void WhoAsksAndIsChosenGetsItsPageFromTheReserveAndDiesOnTheWayOut()
    {
        using var machine = new Short();
        int hog = machine.Start(pid: 12, mib: 0);
        machine.GrowUntilAKill(hog).Signal.ShouldBe(Signal.Kill);
        machine.Sink.Kills.ShouldBe([12]);
        machine.Sink.FailedAllocations.ShouldBe(0);
        machine.Machine.VmStat.NrAnonPages.ShouldBe(0);
        machine.Machine.Validate();
    }

    /// <summary>A victim that waits for the disk cannot end: after two seconds the reaper takes its memory, and it ends when the disk has answered.</summary>
    [Theory]
    [InlineData(5e8, false)]
    [InlineData(5e9, true)]
    public void AVictimThatCannotEndLosesItsMemoryToTheReaper(double readLatencyNs, bool isReaped)
    {
        var device = new BlockDeviceSpec("slow") { ReadLatencyNs = readLatencyNs };
        int pages = 0;
        using (var twin = new Short(device: device))
        {
            (int grown, _) = HogWithALongFile(twin);
            for (; twin.Sink.Kills.Count == 0; pages++)
                twin.Grow(grown);
        }

        using var machine = new Short(device: device);
        (int hog, int fd) = HogWithALongFile(machine);
        for (int page = 1; page < pages; page++)
            machine.Grow(hog);
        machine.Sink.Kills.ShouldBeEmpty();
        machine.Machine.SystemCalls.Pread(hog, fd, 4096, 0);
        machine.Sink.Kills.ShouldBe([12]);
        machine.Sink.Reasons.Contains("reaped").ShouldBe(isReaped);
        ref MmStruct mm = ref machine.Machine.AddressSpaces.Mms[machine.Machine.Tasks.Tasks[hog].Mm];
        (mm.OomSkip, mm.Rss.AnonPages == 0).ShouldBe((isReaped, isReaped));
        machine.Machine.Validate();
        machine.Machine.SystemCalls.ReturnToUser();
        machine.IsAlive(hog).ShouldBeFalse();
        machine.Machine.VmStat.NrAnonPages.ShouldBe(0);
        machine.Machine.Validate();
    }

    // Where the pages of so long a file lie has to be read first.
    private static (int Task, int Fd) HogWithALongFile(Short machine)
    {
        int hog = machine.Start(pid: 12, mib: 0);
        int file = machine.Machine.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 1, 512 * Mib);
        int fd = (int)machine.Machine.SystemCalls.Open(hog, file, OpenFlags.ReadOnly).Raw;
        machine.Machine.SystemCalls.Fadvise(hog, fd, 0, 0, advice: 1);
        return (hog, fd);
    }

    [Fact]
    public void AllWhoRunInTheVictimsMemoryDieWithIt()
    {
        using var machine = new Short();
        int large = machine.Start(pid: 10, mib: 6);
        machine.Machine.SystemCalls.Clone(large, CloneFlags.Vm, 20).Raw.ShouldBe(20);
        machine.Machine.SystemCalls.Clone(large, CloneFlags.Vm | CloneFlags.Thread | CloneFlags.SigHand, 21).Raw.ShouldBe(21);
        int hog = machine.Start(pid: 12, mib: 0);
        machine.GrowUntilAKill(hog);
        machine.Machine.VmStat.OomKill.ShouldBe(1);
        machine.IsAlive(large).ShouldBeFalse();
        machine.IsAlive(machine.Machine.Tasks.Find(20)).ShouldBeFalse();
        machine.IsAlive(machine.Machine.Tasks.Find(21)).ShouldBeFalse();
        machine.Machine.Validate();
    }

    [Fact]
    public void TheChildOfVforkIsNotChosenWhileItRunsInItsParentsMemory()
    {
        using var machine = new Short();
        int parent = machine.Start(pid: 10, mib: 6);
        machine.Machine.SystemCalls.Clone(parent, CloneFlags.Vm | CloneFlags.Vfork, 20).Raw.ShouldBe(20);
        int hog = machine.Start(pid: 12, mib: 0);
        machine.GrowUntilAKill(hog);
        machine.Sink.Kills.ShouldBe([10]);
    }

    [Fact]
    public void TheAllocatingTaskDiesWhereTheSysctlSaysSo()
    {
        using var machine = new Short(new OomSettings { KillsAllocatingTask = true });
        machine.Start(pid: 10, mib: 4);
        int hog = machine.Start(pid: 12, mib: 0);
        machine.GrowUntilAKill(hog).Signal.ShouldBe(Signal.Kill);
        machine.Sink.Kills.ShouldBe([12]);
        machine.Sink.Reasons.ShouldBe(["Out of memory (oom_kill_allocating_task)"]);
    }

    [Theory]
    [InlineData(1, "Out of memory: system-wide panic_on_oom is enabled")]
    [InlineData(2, "Out of memory: compulsory panic_on_oom is enabled")]
    public void TheMachinePanicsWhereTheSysctlSaysSo(int panicOnOom, string message)
    {
        using var machine = new Short(new OomSettings { PanicOnOom = panicOnOom });
        int hog = machine.Start(pid: 12, mib: 0);
        Should.Throw<KernelPanicException>(() => machine.GrowUntilAKill(hog)).Message.ShouldBe(message);
        machine.Sink.Kills.ShouldBeEmpty();
    }

    [Fact]
    public void TheMachinePanicsWhenNobodyMayBeKilled()
    {
        using var machine = new Short();
        int hog = machine.Start(pid: 12, mib: 0);
        machine.Machine.SystemCalls.SetOomScoreAdj(hog, 0, OomBadness.ScoreAdjMin).IsError.ShouldBeFalse();
        Should.Throw<KernelPanicException>(() => machine.GrowUntilAKill(hog)).Message.ShouldBe("System is deadlocked on memory");
    }

    [Fact]
    public void ACallThatPopulatesEndsWithItsVictim()
    {
        using var machine = new Short();
        int hog = machine.Start(pid: 12, mib: 0);
        machine.Machine.SystemCalls.Mmap(hog, 0, 64 * Mib, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Populate | MapFlags.NoReserve, -1, 0);
        machine.Sink.Kills.ShouldBe([12]);
        machine.Machine.SystemCalls.ReturnToUser().ShouldBeTrue();
        machine.IsAlive(hog).ShouldBeFalse();
        machine.Machine.Validate();
    }

    [Fact]
    public void AVictimThatIsKilledWhileItForksHasNoChild()
    {
        using var machine = new Short();
        int hog = machine.Start(pid: 12, mib: 0);
        machine.GrowTo(hog, freePages: machine.Machine.Allocator.FreePageCount / 8);
        SysResult fork = SysResult.Ok;
        for (int pid = 100; !fork.IsError && pid < 100_000; pid++)
        {
            fork = machine.Machine.SystemCalls.Clone(hog, CloneFlags.None, pid);
            if (!fork.IsError)
                machine.Machine.SystemCalls.SetOomScoreAdj(hog, pid, OomBadness.ScoreAdjMin);
        }

        fork.Errno.ShouldBe(Errno.EINTR);
        machine.Sink.Kills.ShouldBe([12]);
        machine.Machine.SystemCalls.ReturnToUser().ShouldBeTrue();
        machine.Machine.Validate();
    }

    [Theory]
    [InlineData(-1001, Errno.EINVAL)]
    [InlineData(1001, Errno.EINVAL)]
    [InlineData(0, Errno.EACCES)]
    [InlineData(500, Errno.None)]
    public void LoweringTheAdjustmentBelowWhatWasGivenNeedsThePrivilege(int value, Errno expected)
    {
        using var machine = new Short();
        int task = machine.Start(pid: 10, mib: 0);
        machine.Machine.SystemCalls.SetOomScoreAdj(task, 0, 300).IsError.ShouldBeFalse();
        machine.Machine.SystemCalls.Setuid(task, 1000).IsError.ShouldBeFalse();
        machine.Machine.SystemCalls.SetOomScoreAdj(task, 0, value).Errno.ShouldBe(expected);
        machine.Machine.SystemCalls.SetOomScoreAdj(task, 77, 0).Errno.ShouldBe(Errno.ESRCH);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void WhateverProgramsDoNothingIsLostWhenTheyAreKilled(int seed)
    {
        using var machine = new Short(swapMib: seed % 2 == 0 ? 2UL : 0, kernel: seed % 3 == 0 ? new KernelVersion(6, 1) : new KernelVersion(6, 18));
        var random = new Random(seed);
        var tasks = new List<int>();
        int nextPid = 10;
        for (int step = 0; step < 600; step++)
        {
            tasks.RemoveAll(task => !machine.IsAlive(task));
            if (tasks.Count == 0)
                tasks.Add(machine.Start(nextPid++, mib: 0));
            int task = tasks[random.Next(tasks.Count)];
            SystemCalls.SystemCalls calls = machine.Machine.SystemCalls;
            ulong address = Area + ((ulong)random.Next(24) * Mib);
            switch (random.Next(8))
            {
                case 0 when tasks.Count < 6:
                    int pid = nextPid++;
                    CloneFlags flags = random.Next(4) switch { 0 => CloneFlags.Vm, 1 => CloneFlags.Vm | CloneFlags.Thread | CloneFlags.SigHand, _ => CloneFlags.None };
                    if (!calls.Clone(task, flags, pid).IsError)
                        tasks.Add(machine.Machine.Tasks.Find(pid));
                    break;
                case 1:
                    calls.Munmap(task, address, Mib);
                    break;
                case 2:
                    calls.SetOomScoreAdj(task, 0, random.Next(-500, 500));
                    break;
                case 3:
                    calls.Madvise(task, address, Mib, Madvice.PopulateWrite);
                    break;
                default:
                    if (machine.IsAlive(task))
                        calls.Mmap(task, address, Mib, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.NoReserve, -1, 0);
                    for (ulong page = 0; page < Mib && machine.IsAlive(task); page += 4096)
                        machine.Machine.Access(task, address + page, random.Next(3) == 0 ? AccessKind.Read : AccessKind.Write);
                    break;
            }

            calls.ReturnToUser();
            machine.Machine.Validate();
        }

        machine.Sink.Kills.Count.ShouldBeGreaterThan(2);
        foreach (int task in tasks.Where(machine.IsAlive))
            machine.Machine.SystemCalls.ExitGroup(task);
        machine.Machine.Validate();
        machine.Machine.VmStat.NrAnonPages.ShouldBe(0);
    }

    /// <summary>A machine of 12 MiB and what its OOM killer told.</summary>
    private sealed class Short : IDisposable
    {
        private readonly Dictionary<int, ulong> _grown = [];

        public Short(OomSettings? settings = null, ulong swapMib = 0, KernelVersion? kernel = null, BlockDeviceSpec? device = null)
        {
            Machine = Machine.Create(new MachineSpec
            {
                MemoryBytes = 12 * Mib,
                SwapBytes = swapMib * Mib,
                Cpus = 1,
                OvercommitMemory = 1,
                Thp = ThpMode.Never,
                Oom = settings ?? new OomSettings(),
                Kernel = kernel ?? new KernelVersion(6, 18),
                WarmPageCache = device is null,
                BlockDevices = device is null ? [] : [device],
            });
            Machine.OomKiller.Sink = Sink;
            Machine.Allocator.Failures = Sink;
        }

        public Machine Machine { get; }

        public OomKillerTestSink Sink { get; } = new();

        public bool IsAlive(int task) => Machine.Tasks.Tasks[task].Mm != 0;

        public int Start(int pid, ulong mib)
        {
            int task = Machine.SystemCalls.CreateInitialTask(pid, $"p{pid}");
            Machine.SystemCalls.Mmap(task, Area, 64 * Mib, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.NoReserve, -1, 0).IsError.ShouldBeFalse();
            for (ulong page = 0; page < mib * Mib; page += 4096)
                Machine.Access(task, Area + page, AccessKind.Write).IsResolved.ShouldBeTrue();
            _grown[task] = mib * Mib;
            Sink.Machine = Machine;
            return task;
        }

        public FaultOutcome GrowUntilAKill(int task)
        {
            int before = Sink.Kills.Count;
            FaultOutcome outcome = default;
            while (Sink.Kills.Count == before && outcome.IsResolved)
                outcome = Grow(task);
            return outcome;
        }

        public FaultOutcome Grow(int task)
        {
            FaultOutcome outcome = Machine.Access(task, Area + _grown[task], AccessKind.Write);
            _grown[task] += 4096;
            return outcome;
        }

        public void GrowTo(int task, ulong freePages)
        {
            while (Machine.Allocator.FreePageCount > freePages && IsAlive(task))
                Grow(task);
        }

        public void Dispose() => Machine.Dispose();
    }
}
