using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tests.Faults;

namespace Pagewise.Kernel.Tests.Cgroups;

public sealed class MemCgroupsTests
{
    private const ulong MiB = 1UL << 20;

    [Fact]
    public void DirectoriesComeAndGoAsMkdirAndRmdirSay()
    {
        using Machine machine = NewMachine();
        int task = machine.SystemCalls.CreateInitialTask(0, "a");
        machine.SystemCalls.MkdirCgroup(task, "/p").ShouldBe(SysResult.Ok);
        machine.SystemCalls.MkdirCgroup(task, "/p").Errno.ShouldBe(Errno.EEXIST);
        machine.SystemCalls.MkdirCgroup(task, "/q/x").Errno.ShouldBe(Errno.ENOENT);
        machine.SystemCalls.MkdirCgroup(task, "/p/x").ShouldBe(SysResult.Ok);
        machine.SystemCalls.RmdirCgroup(task, "/p").Errno.ShouldBe(Errno.EBUSY);
        machine.SystemCalls.WriteCgroup(task, "/p/x", "cgroup.procs", "0").ShouldBe(SysResult.Ok);
        machine.Memcgs.PathOf(machine.Tasks.Tasks[task].Memcg).ShouldBe("/p/x");
        machine.SystemCalls.RmdirCgroup(task, "/p/x").Errno.ShouldBe(Errno.EBUSY);
        machine.SystemCalls.WriteCgroup(task, "", "cgroup.procs", "0").ShouldBe(SysResult.Ok);
        machine.SystemCalls.RmdirCgroup(task, "/p/x").ShouldBe(SysResult.Ok);
        machine.Memcgs.Find("/p/x").ShouldBe(0);
        machine.Validate();
    }

    [Theory]
    [InlineData("memory.max", "12K", "12288")]
    [InlineData("memory.max", "max", "max")]
    [InlineData("memory.max", "4097", "4096")]
    [InlineData("memory.max", "99999999P", "max")]
    [InlineData("memory.max", "-1", null)]
    [InlineData("memory.max", "", null)]
    [InlineData("memory.oom.group", "2", null)]
    public void AControlTakesWhatLinuxTakes(string file, string text, string? shown)
    {
        using Machine machine = NewMachine();
        int memcg = (int)machine.Memcgs.Create(MemCgroups.Root, "a").Raw;
        SysResult result = machine.Memcgs.Write(memcg, file, text);
        if (shown is null)
            result.Errno.ShouldBe(Errno.EINVAL);
        else
            MemCgroups.TextOf(machine.Memcgs[memcg].Memory.Limit).ShouldBe(shown);
    }

    [Fact]
    public void SiblingsThatClaimTooMuchShareWhatTheirParentProtects()
    {
        using Machine machine = NewMachine();
        MemCgroups memcgs = machine.Memcgs;
        int parent = (int)memcgs.Create(MemCgroups.Root, "p").Raw;
        int[] children = [(int)memcgs.Create(parent, "x").Raw, (int)memcgs.Create(parent, "y").Raw];
        memcgs.Write(parent, "memory.low", "1200K");
        foreach (int child in children)
        {
            memcgs.Write(child, "memory.low", "1M");
            memcgs.TryCharge(child, Gfp.Kernel, child == children[0] ? 64 : 256).ShouldBeTrue();
        }

        for (int memcg = memcgs.Next(0, 0); memcg != 0; memcg = memcgs.Next(0, memcg))
            memcgs.CalculateProtection(0, memcg);
        // 64 of 64 and 256 of 256 pages are claimed, the parent has 300 to give.
        memcgs[children[0]].Memory.EffectiveLow.ShouldBe(64 * 300 / 320);
        memcgs[children[1]].Memory.EffectiveLow.ShouldBe(256 * 300 / 320);
        memcgs.IsBelowLow(0, children[0]).ShouldBeFalse();
    }

    [Fact]
    public void TheLastThatChargedHoldsItsStock()
    {
        using Machine machine = NewMachine();
        (int a, int first) = NewTask(machine, "a");
        (int b, int second) = NewTask(machine, "b");
        Touch(machine, first, 100);
        (machine.Memcgs[a].Memory.Usage % MemCgroups.ChargeBatch).ShouldBe(0);
        Touch(machine, second, 1);
        (machine.Memcgs[a].Memory.Usage % MemCgroups.ChargeBatch).ShouldNotBe(0);
        machine.Memcgs.Stat(a, MemcgStat.Anon).ShouldBe(100);
        (machine.Memcgs[b].Memory.Usage % MemCgroups.ChargeBatch).ShouldBe(0);
        machine.Validate();
    }

    /// <summary>Who reclaims for a cgroup does not look at how others use its pages.</summary>
    [Theory]
    [InlineData("/b", 0)]
    [InlineData("/a/b", 1024)]
    public void OnlyUsesBelowTheCgroupKeepItsPages(string user, long kept)
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 * MiB, Cpus = 1, WarmPageCache = false });
        int file = machine.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 1, 4 * MiB);
        (int a, int reader) = NewTask(machine, "a");
        int mapper = machine.SystemCalls.CreateInitialTask(0, "mapper");
        machine.SystemCalls.MkdirCgroup(mapper, user).ShouldBe(SysResult.Ok);
        machine.SystemCalls.MoveToCgroup(mapper, machine.Memcgs.Find(user));
        machine.Scheduler.Run(reader);
        machine.SystemCalls.Pread(reader, (int)machine.SystemCalls.Open(reader, file, OpenFlags.ReadOnly).Raw, 4 * MiB, 0).Raw.ShouldBe(4 << 20);
        int fd = (int)machine.SystemCalls.Open(mapper, file, OpenFlags.ReadOnly).Raw;
        ulong mapped = machine.SystemCalls.Mmap(mapper, 0, 4 * MiB, Prot.Read, MapFlags.Shared, fd, 0).Address;
        for (ulong page = 0; page < 4 * MiB; page += 4096)
            machine.Access(mapper, mapped + page, AccessKind.Read).IsResolved.ShouldBeTrue();
        machine.Memcgs.Stat(a, MemcgStat.File).ShouldBe(1024);
        machine.Memcgs.Write(a, "memory.reclaim", "128K").ShouldBe(SysResult.Ok);
        long activated = machine.Memcgs.Stat(a, MemcgStat.PgActivate);
        (kept == 0 ? activated == 0 : activated > 0).ShouldBeTrue($"{activated} pages were found in use");
        machine.Memcgs.Stat(a, MemcgStat.File).ShouldBeLessThanOrEqualTo(1024 - 32);
        machine.Validate();
    }

    [Fact]
    public void StallsCountForTheCgroupAndThoseAboveIt()
    {
        using Machine machine = SwappingMachine();
        (int parent, int task) = NewTask(machine, "p");
        int child = (int)machine.Memcgs.Create(parent, "x").Raw;
        int other = (int)machine.Memcgs.Create(MemCgroups.Root, "other").Raw;
        machine.SystemCalls.MoveToCgroup(task, child);
        machine.Memcgs.Write(child, "memory.max", "1M");
        Touch(machine, task, 1024);
        double stalled = machine.Memcgs.PressureOf(child)!.MemorySome.TotalNs;
        stalled.ShouldBeGreaterThan(0);
        machine.Memcgs.PressureOf(parent)!.MemorySome.TotalNs.ShouldBe(stalled);
        machine.Memcgs.PressureOf(parent)!.MemoryFull.TotalNs.ShouldBe(stalled);
        machine.Memcgs.PressureOf(other).ShouldBeNull();
        machine.Events.Psi.Update();
        machine.Events.Psi.MemorySome.TotalNs.ShouldBeGreaterThanOrEqualTo(stalled);
    }

    [Fact]
    public void AboveSwapHighWhoChargesIsSlowedDown()
    {
        double[] times = [TimeToFill("max", out long never), TimeToFill("256K", out long often)];
        (never, often > 0).ShouldBe((0, true));
        times[1].ShouldBeGreaterThan(times[0] + 1e9);
    }

    private static double TimeToFill(string swapHigh, out long events)
    {
        using Machine machine = SwappingMachine();
        (int memcg, int task) = NewTask(machine, "a");
        machine.Memcgs.Write(memcg, "memory.max", "1M");
        machine.Memcgs.Write(memcg, "memory.swap.high", swapHigh).ShouldBe(SysResult.Ok);
        Touch(machine, task, 2048);
        events = machine.Memcgs[memcg].Events[(int)MemcgEvent.SwapHigh];
        return machine.Clock.NowNs;
    }

    private static Machine SwappingMachine() => Machine.Create(new MachineSpec
    {
        MemoryBytes = 64 * MiB,
        SwapBytes = 32 * MiB,
        Cpus = 1,
        OvercommitMemory = 1,
        BlockDevices = [BlockDeviceSpec.Find("nvme")!],
    });

    /// <summary>In cgroups with room for a quarter of what the programs use, nothing is lost, no limit is broken, and each page is counted once.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void LimitsHoldWhateverProgramsDo(int seed)
    {
        const uint swapPages = 1 << 15;
        using RandomPrograms run = new(PageTableFormat.X86_64, seed, spec => spec with
        {
            MemoryBytes = 64 * MiB,
            SwapBytes = (ulong)(swapPages - 1) << 12,
            SwapAreas = [new SwapAreaSpec(swapPages) { IsSynchronous = seed % 2 == 0 }],
            Cgroups = [new CgroupSpec("/p") { MemoryMax = 2 * MiB }, new CgroupSpec("/p/x") { MemoryMax = MiB }, new CgroupSpec("/p/y") { MemoryLow = MiB / 2 }],
        });
        MemCgroups memcgs = run.Machine.Memcgs;
        int[] homes = [memcgs.Find("/p/x"), memcgs.Find("/p/y")];
        for (int step = 0; step < 300; step++)
        {
            for (int task = 1; task < run.Machine.Tasks.Tasks.HighWater; task++)
            {
                if (!run.Machine.Tasks.Tasks[task].HasExited && run.Machine.Tasks.Tasks[task].Memcg == 0 && run.Machine.Tasks.Tasks[task].GroupLeader == task)
                    run.Machine.SystemCalls.MoveToCgroup(task, homes[task % 2]);
            }

            string what = run.Step();
            try
            {
                run.Machine.Validate();
                memcgs[memcgs.Find("/p")].Memory.Usage.ShouldBeLessThanOrEqualTo(512);
            }
            catch (InvalidOperationException wrong)
            {
                throw new InvalidOperationException($"seed {seed}, step {step}, {what}: {wrong.Message}", wrong);
            }
        }

        memcgs.Stat(memcgs.Find("/p"), MemcgStat.PgStealDirect).ShouldBeGreaterThan(100);
        run.EndAll();
        run.Machine.Validate();
        memcgs.Stat(memcgs.Find("/p"), MemcgStat.Anon).ShouldBe(0);
    }

    private static Machine NewMachine() => Machine.Create(new MachineSpec { MemoryBytes = 32 * MiB, Cpus = 1 });

    private static (int Memcg, int Task) NewTask(Machine machine, string name)
    {
        int memcg = (int)machine.Memcgs.Create(MemCgroups.Root, name).Raw;
        int task = machine.SystemCalls.CreateInitialTask(0, name);
        machine.SystemCalls.MoveToCgroup(task, memcg);
        return (memcg, task);
    }

    private static void Touch(Machine machine, int task, int pages)
    {
        SysResult area = machine.SystemCalls.Mmap(task, 0, (ulong)pages << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0);
        for (int page = 0; page < pages; page++)
            machine.Access(task, area.Address + ((ulong)page << 12), AccessKind.Write).IsResolved.ShouldBeTrue();
    }
}
