using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>Areas that come and go while programs run.</summary>
public sealed class SwapOffTests
{
    private const ulong Base = 0x10_0000_0000;
    private const uint Prefer = 0x8000;

    [Fact]
    public void EverythingComesBackAndTheAreaIsGone()
    {
        using Machine machine = Create([new SwapAreaSpec(4097) { Name = "/a" }], memoryMib: 16);
        int task = Start(machine, 2048, MapFlags.Private);
        int other = Start(machine, 512, MapFlags.Shared);
        PageOut(machine, task, 2048);
        PageOut(machine, other, 512);
        machine.SystemCalls.Clone(task, CloneFlags.None, 77).Raw.ShouldBe(77);
        machine.Swap.UsedPages.ShouldBeGreaterThan(2500);
        long major = machine.VmStat.PgMajFault;
        machine.SystemCalls.Swapoff(task, "/a").ShouldBe(SysResult.Ok);

        machine.Swap.Types.ShouldBeEmpty();
        (machine.VmStat.TotalSwapPages, machine.VmStat.NrSwapPages, machine.Swap.UsedPages).ShouldBe((0, 0, 0));
        machine.Settings.CommitLimitPages.ShouldBe(machine.Settings.TotalRamPages / 2);
        machine.Validate();
        Check(machine, task, 2048);
        Check(machine, machine.Tasks.Find(77), 2048);
        Check(machine, other, 512);
        machine.VmStat.PgMajFault.ShouldBe(major, "what swapoff reads is nobody's fault");
        machine.SystemCalls.Swapon(task, "/a", 0).ShouldBe(SysResult.Ok);
        PageOut(machine, task, 2048);
        Check(machine, task, 2048);
        machine.Validate();
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void NoByteIsLostWhileAreasComeAndGo(int seed)
    {
        const uint pages = 40_000;
        using var run = new CrowdedPrograms(seed, spec => spec with
        {
            SwapBytes = (ulong)(2 * (pages - 1)) << 12,
            SwapAreas = [new SwapAreaSpec(pages) { Name = "/a" }, new SwapAreaSpec(pages) { Name = "/b", IsSynchronous = seed % 2 == 0 }],
        })
        {
            HasSpareArea = true,
        };
        for (int round = 0; round < 6; round++)
        {
            run.Run(50_000);
            run.Machine.Validate();
        }

        run.SwapOffs.ShouldBeGreaterThan(3);
        run.EndAll();
        run.Machine.Validate();
        run.Machine.Swap.UsedPages.ShouldBeLessThan(256, "what is left is in the stocks of CPUs");
    }

    [Fact]
    public void RefusalsAreLinuxs()
    {
        using Machine machine = Create([new SwapAreaSpec(1025) { Name = "/a" }, new SwapAreaSpec(1025) { Name = "/b", IsOff = true }]);
        int task = Start(machine, 16, MapFlags.Private);
        SystemCalls.SystemCalls calls = machine.SystemCalls;
        calls.Swapon(task, "/a", 0).ShouldBe(Errno.EBUSY);
        calls.Swapon(task, "/c", 0).ShouldBe(Errno.ENOENT);
        calls.Swapon(task, "/b", 0x80000).ShouldBe(Errno.EINVAL);
        calls.Swapoff(task, "/b").ShouldBe(Errno.EINVAL);
        int tiny = machine.Inodes.Create("/tiny", InodeKind.Regular, 0xfe0000, 7, 4096);
        calls.Swapon(task, "/tiny", 0, tiny).ShouldBe(Errno.EINVAL);
        int file = machine.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 8, 100 << 12);
        calls.Swapon(task, "/file", Prefer | 3, file).ShouldBe(SysResult.Ok);
        machine.Swap.SpecOf(1).ShouldBe(new SwapAreaSpec(100) { Name = "/file", IsFile = true, Priority = 3, Device = "nvme" });
        calls.Setuid(task, 1000);
        calls.Swapon(task, "/b", 0).ShouldBe(Errno.EPERM);
        calls.Swapoff(task, "/a").ShouldBe(Errno.EPERM);
    }

    [Fact]
    public void StrictOvercommitForbidsWhatPromisesNeed()
    {
        using Machine machine = Create([new SwapAreaSpec(8193) { Name = "/a" }], overcommit: 2);
        int task = Start(machine, 1024, MapFlags.Private);
        ulong limit = machine.Settings.CommitLimitPages;
        machine.SystemCalls.Mmap(task, Base + (1UL << 32), (limit - 4096) << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0).IsError.ShouldBeFalse();
        long promised = machine.AddressSpaces.CommittedAs;
        machine.SystemCalls.Swapoff(task, "/a").ShouldBe(Errno.ENOMEM);
        machine.AddressSpaces.CommittedAs.ShouldBe(promised);
        machine.Swap.Types.ShouldBe([0]);
        Check(machine, task, 1024);
    }

    [Fact]
    public void AreasWithoutAPriorityMoveUpWhenOneBeforeThemGoes()
    {
        using Machine machine = Create([.. "abcd".Select(name => new SwapAreaSpec(1025) { Name = $"/{name}", Priority = name == 'c' ? 7 : -1 })]);
        int task = Start(machine, 16, MapFlags.Private);
        Priorities().ShouldBe([-2, -3, 7, -4]);
        machine.SystemCalls.Swapoff(task, "/a").ShouldBe(SysResult.Ok);
        Priorities().ShouldBe([-2, 7, -3]);
        machine.SystemCalls.Swapon(task, "/a", 0).ShouldBe(SysResult.Ok);
        Priorities().ShouldBe([-4, -2, 7, -3]);

        int[] Priorities() => [.. machine.Swap.Types.Select(type => machine.Swap.SpecOf(type).Priority)];
    }

    [Theory]
    [InlineData(1, 64)] // 6.1: by stocks of 64
    [InlineData(18, 512)] // 6.15 and later: by clusters
    public void AreasOfEqualPriorityAreFilledInTurn(int minor, int turn)
    {
        const int pages = 4096;
        using Machine machine = Create([.. "abc".Select(name => new SwapAreaSpec(8193) { Name = $"/{name}", Priority = name == 'c' ? 1 : 5 })], memoryMib: 64, minor: minor);
        int task = Start(machine, pages, MapFlags.Private);
        PageOut(machine, task, pages);
        long[] used = [.. machine.Swap.Types.Select(machine.Swap.UsedPagesOf)];
        used[2].ShouldBe(0);
        Math.Abs(used[0] - used[1]).ShouldBeLessThanOrEqualTo(turn);
        Math.Min(used[0], used[1]).ShouldBeGreaterThanOrEqualTo((pages / 2) - turn);
        Check(machine, task, pages);
    }

    [Fact]
    public void WithoutMemoryForItWhoSwitchesOffIsKilledAndTheAreaStays()
    {
        using Machine machine = Create([new SwapAreaSpec(8193) { Name = "/a" }], memoryMib: 8);
        int owner = Start(machine, 4096, MapFlags.Private);
        int caller = Programs.Run(machine, Programs.Static(machine));
        machine.SystemCalls.Swapoff(caller, "/a").ShouldBe(Errno.ENOMEM);
        machine.SystemCalls.ReturnToUser().ShouldBeTrue();
        machine.Tasks.Tasks[caller].HasExited.ShouldBeTrue();
        machine.VmStat.OomKill.ShouldBe(1);
        machine.Swap.Types.ShouldBe([0]);
        machine.VmStat.TotalSwapPages.ShouldBe(8192);
        machine.Validate();
        Check(machine, owner, 4096);
        machine.Validate();
    }

    [Theory]
    [InlineData(MapFlags.Private)]
    [InlineData(MapFlags.Shared)]
    public void WhatCannotBeReadIsLostAndNothingElse(MapFlags flags)
    {
        const int pages = 1024;
        BlockDeviceSpec disk = BlockDeviceSpec.Find("nvme")! with { ReadErrors = [new SectorRange(8 * 100, (8 * 199) + 7)] };
        using Machine machine = Create([new SwapAreaSpec(4097) { Name = "/a" }], memoryMib: 16, disk: disk);
        int task = Start(machine, pages, flags);
        PageOut(machine, task, pages);
        // What was written is still in memory, until somebody needs that.
        machine.SystemCalls.ExitGroup(Start(machine, 3500, MapFlags.Private));
        machine.Swap.CountUnmappedCached().ShouldBe(0);
        machine.SystemCalls.Swapoff(task, "/a").ShouldBe(SysResult.Ok);
        machine.Validate();
        int lost = 0;
        for (int page = 0; page < pages; page++)
        {
            byte[] bytes = new byte[sizeof(int)];
            FaultOutcome outcome = machine.ReadMemory(task, Base + ((ulong)page << 12), bytes);
            if (outcome.IsResolved)
                BitConverter.ToInt32(bytes).ShouldBe(page + 1);
            else
                lost += outcome.Signal == Signal.Bus ? 1 : pages;
        }

        lost.ShouldBeInRange(90, 100);
        machine.SystemCalls.ExitGroup(task);
        machine.Validate();
    }

    private static Machine Create(SwapAreaSpec[] areas, int memoryMib = 8, int overcommit = 1, int minor = 1, BlockDeviceSpec? disk = null) => Machine.Create(new MachineSpec
    {
        Kernel = new(6, minor),
        MemoryBytes = (ulong)memoryMib << 20,
        Cpus = 1,
        OvercommitMemory = overcommit,
        BlockDevices = [disk ?? BlockDeviceSpec.Find("nvme")!],
        SwapBytes = (ulong)areas.Sum(area => area.IsOff ? 0 : area.Pages - 1L) << 12,
        SwapAreas = areas,
    });

    // A program with memory in each page of which its number stands.
    private static int Start(Machine machine, int pages, MapFlags flags)
    {
        int task = Programs.Run(machine, Programs.Static(machine));
        machine.SystemCalls.Mmap(task, Base, (ulong)pages << 12, Prot.Read | Prot.Write, flags | MapFlags.Anonymous | MapFlags.Fixed, -1, 0).Address.ShouldBe(Base);
        for (int page = 0; page < pages; page++)
            machine.WriteMemory(task, Base + ((ulong)page << 12), BitConverter.GetBytes(page + 1)).IsResolved.ShouldBeTrue();
        return task;
    }

    private static void PageOut(Machine machine, int task, int pages)
    {
        machine.SystemCalls.Madvise(task, Base, (ulong)pages << 12, Madvice.PageOut).IsError.ShouldBeFalse();
        machine.BlockDevices.Drain();
    }

    private static void Check(Machine machine, int task, int pages)
    {
        byte[] bytes = new byte[sizeof(int)];
        for (int page = 0; page < pages; page++)
        {
            machine.ReadMemory(task, Base + ((ulong)page << 12), bytes).IsResolved.ShouldBeTrue();
            BitConverter.ToInt32(bytes).ShouldBe(page + 1);
        }
    }
}
