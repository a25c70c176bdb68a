using Pagewise.Abi;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.Mappings;

/// <summary>What single calls do, by examples tried on the live kernel.</summary>
public sealed class MmapTests
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;
    private const Prot ReadWrite = Prot.Read | Prot.Write;
    private const ulong Page = 4096;
    private const ulong Huge = 2UL << 20;

    public static TheoryData<int, ulong[]> ThpPlacements => new()
    {
        // Page, 2 MiB − page, 2 MiB, 2 MiB + page, 4 MiB: 6.1 packs them, 6.7 aligns from 2 MiB on, 6.13 multiples only.
        { 1, [0x7ffff7ff6000, 0x7ffff7df7000, 0x7ffff7bf7000, 0x7ffff79f6000, 0x7ffff75f6000] },
        { 12, [0x7ffff7ff6000, 0x7ffff7df7000, 0x7ffff7a00000, 0x7ffff7600000, 0x7ffff7200000] },
        { 18, [0x7ffff7ff6000, 0x7ffff7df7000, 0x7ffff7a00000, 0x7ffff77ff000, 0x7ffff7200000] },
    };

    [Theory]
    [MemberData(nameof(ThpPlacements))]
    public void AnonymousMemoryIsAlignedForHugePagesAsTheReleaseDoes(int minor, ulong[] addresses)
    {
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new KernelVersion(6, minor) });
        int task = Programs.Run(machine, Programs.Static(machine));
        // Older releases have a smaller vdso: fill up, so that all start alike.
        Fill(machine, task, 0x7ffff7ff7000);

        ulong[] lengths = [Page, Huge - Page, Huge, Huge + Page, 2 * Huge];
        lengths.Select(length => Map(machine, task, length).Address).ShouldBe(addresses);
    }

    [Fact]
    public void AStackKeepsItsGuardGapFreeOfLaterMappings()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = Programs.Run(machine, Programs.Static(machine));

        ulong stack = machine.SystemCalls.Mmap(task, 0, 4 * Page, ReadWrite, Anonymous | MapFlags.GrowsDown, -1, 0).Address;
        ulong next = Map(machine, task, Page).Address;

        (stack - (next + Page)).ShouldBe(256 * Page);
        machine.SystemCalls.Mmap(task, stack - (10 * Page), Page, ReadWrite, Anonymous, -1, 0).Address.ShouldBe(next - Page);
        // It may not grow into the gap either, until what lies below is gone.
        machine.Access(task, stack - Page, AccessKind.Write).Signal.ShouldBe(Signal.Segv);
        machine.SystemCalls.Munmap(task, next - Page, 2 * Page).ShouldBe(SysResult.Ok);
        machine.Access(task, stack - Page, AccessKind.Write).IsResolved.ShouldBeTrue();
    }

    [Fact]
    public void GrowingAStackEndsAtItsLimit()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = Programs.Run(machine, Programs.Static(machine));
        const ulong Top = 0x7ffffffff000;
        machine.SystemCalls.Prlimit(task, 0, RlimitResource.Stack, new Rlimit(1 << 20, Rlimit.Infinity), out _);

        machine.Access(task, Top - (1 << 20), AccessKind.Write).IsResolved.ShouldBeTrue();
        machine.Access(task, Top - (1 << 20) - 1, AccessKind.Write).Signal.ShouldBe(Signal.Segv);

        Programs.Maps(machine, task)[^1].ShouldBe("7fffffeff000-7ffffffff000 rw-");
    }

    [Theory]
    [InlineData(18, "splits")]
    [InlineData(1, "unmaps")]
    public void AFixedMappingThatALimitRefusesLeavesASplitOrAHole(int minor, string leaves)
    {
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new KernelVersion(6, minor), MemoryBytes = 1 << 20 });
        int task = machine.SystemCalls.CreateInitialTask(1, "limits");
        machine.SystemCalls.Mmap(task, 0x10000000, 1 << 30, Prot.Read, Anonymous | MapFlags.Fixed, -1, 0).IsError.ShouldBeFalse();

        // More writable memory than the whole machine has: refused by the heuristic overcommit.
        machine.SystemCalls.Mmap(task, 0x10001000, 1 << 29, ReadWrite, Anonymous | MapFlags.Fixed, -1, 0).Errno.ShouldBe(Errno.ENOMEM);

        string[] expected = leaves == "splits"
            ? ["10000000-10001000 r--", "10001000-30001000 r--", "30001000-50000000 r--"]
            : ["10000000-10001000 r--", "30001000-50000000 r--"];
        Programs.Maps(machine, task).ShouldBe(expected);
    }

    [Fact]
    public void ProtectionsThatBecomeEqualAgainMergeAgain()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = machine.SystemCalls.CreateInitialTask(1, "merge");
        ulong at = Map(machine, task, 6 * Page).Address;

        machine.SystemCalls.Mprotect(task, at + (2 * Page), Page, Prot.Read).ShouldBe(SysResult.Ok);
        Programs.Maps(machine, task).Length.ShouldBe(3);
        machine.SystemCalls.Mprotect(task, at + (2 * Page), Page, ReadWrite).ShouldBe(SysResult.Ok);
        Programs.Maps(machine, task).Length.ShouldBe(1);

        // Pages of their own on both sides keep the two apart.
        machine.SystemCalls.Mprotect(task, at + (2 * Page), 2 * Page, Prot.None).ShouldBe(SysResult.Ok);
        machine.SystemCalls.Munmap(task, at + (2 * Page), 2 * Page).ShouldBe(SysResult.Ok);
        machine.Access(task, at, AccessKind.Write).IsResolved.ShouldBeTrue();
        machine.Access(task, at + (5 * Page), AccessKind.Write).IsResolved.ShouldBeTrue();
        machine.SystemCalls.Mmap(task, at + (2 * Page), 2 * Page, ReadWrite, Anonymous | MapFlags.Fixed, -1, 0).Address.ShouldBe(at + (2 * Page));
        Programs.Maps(machine, task).Length.ShouldBe(2);
    }

    [Theory]
    [InlineData(0UL, MapFlags.Private | MapFlags.Anonymous, Errno.EINVAL)]
    [InlineData(Page, MapFlags.Anonymous, Errno.EINVAL)]
    [InlineData(Page, MapFlags.SharedValidate | MapFlags.Anonymous, Errno.EINVAL)]
    [InlineData(ulong.MaxValue, MapFlags.Private | MapFlags.Anonymous, Errno.ENOMEM)]
    [InlineData(1UL << 47, MapFlags.Private | MapFlags.Anonymous, Errno.ENOMEM)]
    [InlineData(Page, MapFlags.Private, Errno.EBADF)]
    [InlineData(Page, MapFlags.Shared | MapFlags.Anonymous | MapFlags.GrowsDown, Errno.EINVAL)]
    [InlineData(Page, MapFlags.Droppable | MapFlags.Anonymous | MapFlags.Locked, Errno.EINVAL)]
    [InlineData(Page, MapFlags.Private | MapFlags.Anonymous | MapFlags.HugeTlb | (MapFlags)(5u << 26), Errno.EINVAL)]
    [InlineData(Page, MapFlags.Private | MapFlags.Anonymous | MapFlags.HugeTlb, Errno.ENOMEM)]
    public void WhatMmapRefuses(ulong length, MapFlags flags, Errno errno)
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = machine.SystemCalls.CreateInitialTask(1, "errors");

        machine.SystemCalls.Mmap(task, 0, length, ReadWrite, flags, 9, 0).Errno.ShouldBe(errno);
    }

    [Fact]
    public void TheBreakKeepsItsBytesStopsBeforeOtherMappingsAndNeverGoesBelowItsStart()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = Programs.Run(machine, Programs.Static(machine));
        SystemCalls.SystemCalls calls = machine.SystemCalls;

        calls.Brk(task, 0).Address.ShouldBe(0x409000UL);
        calls.Brk(task, 0x40a123).Address.ShouldBe(0x40a123UL);
        calls.Brk(task, 0x40afff).Address.ShouldBe(0x40afffUL);
        calls.Brk(task, 0x408fff).Address.ShouldBe(0x40afffUL);
        calls.Mmap(task, 0x410000, Page, Prot.None, Anonymous | MapFlags.Fixed, -1, 0).IsError.ShouldBeFalse();
        // One page must stay free before the next area.
        calls.Brk(task, 0x410000).Address.ShouldBe(0x40afffUL);
        calls.Brk(task, 0x40f001).Address.ShouldBe(0x40afffUL);
        calls.Brk(task, 0x40f000).Address.ShouldBe(0x40f000UL);
        calls.Brk(task, 0x409000).Address.ShouldBe(0x409000UL);
        Programs.Maps(machine, task).ShouldNotContain(line => line.StartsWith("409000", StringComparison.Ordinal));
    }

    [Fact]
    public void FailedSharedAndRemovedMemoryGivesItsInodeBack()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = machine.SystemCalls.CreateInitialTask(1, "shared");
        int before = machine.Inodes.Inodes.Count;
        SystemCalls.SystemCalls calls = machine.SystemCalls;

        ulong at = calls.Mmap(task, 0, 3 * Page, ReadWrite, MapFlags.Shared | MapFlags.Anonymous, -1, 0).Address;
        calls.Mprotect(task, at + Page, Page, Prot.Read);
        machine.Inodes.Inodes.Count.ShouldBe(before + 1);
        calls.Munmap(task, at, 2 * Page);
        machine.Inodes.Inodes.Count.ShouldBe(before + 1);
        calls.Munmap(task, at + (2 * Page), Page);
        machine.Inodes.Inodes.Count.ShouldBe(before);

        int id = (int)calls.Shmget(task, 0, Page, ShmFlags.Create | (ShmFlags)0x180).Raw;
        ulong attached = calls.Shmat(task, id, 0, ShmFlags.None).Address;
        calls.Shmctl(task, id, 0).ShouldBe(SysResult.Ok);
        calls.Shmat(task, id, 0, ShmFlags.None).IsError.ShouldBeFalse();
        calls.Shmdt(task, attached).ShouldBe(SysResult.Ok);
        calls.ExitGroup(task);
        machine.Inodes.Inodes.Count.ShouldBe(before);
    }

    [Fact]
    public void APageThatIsNotThereLeavesNoTableBehind()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = Programs.Run(machine, Programs.Static(machine));
        int fd = (int)machine.SystemCalls.MemfdCreate(task, "empty", MemfdFlags.None).Raw;
        ulong at = machine.SystemCalls.Mmap(task, Huge << 9, Page, ReadWrite, MapFlags.Shared, fd, 0).Address;
        machine.Access(task, at, AccessKind.Read).Signal.ShouldBe(Signal.Bus);
        ulong before = machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].PgtablesBytes;

        machine.SystemCalls.Ftruncate(task, fd, (long)Page).ShouldBe(SysResult.Ok);
        machine.Access(task, at, AccessKind.Read).IsResolved.ShouldBeTrue();

        machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].PgtablesBytes.ShouldBe(before + Page);
    }

    [Fact]
    public void AHoleBeyondWhatExt4CanHoldIsRefused()
    {
        using Machine machine = Machine.Create(new MachineSpec());
        int task = Programs.Run(machine, Programs.Static(machine));
        int inode = machine.Inodes.Create("/data", Kernel.PageCache.InodeKind.Regular, 0xfe0000, 77, Page);
        int fd = (int)machine.SystemCalls.Open(task, inode, OpenFlags.ReadWrite).Raw;
        ulong at = machine.SystemCalls.Mmap(task, 0, 2 * Page, ReadWrite, MapFlags.Shared, fd, ((1UL << 32) - 2) << 12).Address;

        machine.SystemCalls.Madvise(task, at, Page, Madvice.Remove).ShouldBe(SysResult.Ok);
        machine.SystemCalls.Madvise(task, at + Page, Page, Madvice.Remove).ShouldBe(Errno.EFBIG);
    }

    [Theory]
    [InlineData(1, 2UL, 0UL)]
    [InlineData(18, 4UL, 2UL)]
    public void LockedMemoryMovedWithItsSourceKeptIsCountedAsTheReleaseDoes(int minor, ulong moved, ulong left)
    {
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new KernelVersion(6, minor), CapIpcLock = true });
        int task = Programs.Run(machine, Programs.Static(machine));
        ulong old = Map(machine, task, 2 * Page).Address;
        machine.SystemCalls.Mlock(task, old, 2 * Page, MlockFlags.None).ShouldBe(SysResult.Ok);

        ulong at = machine.SystemCalls.Mremap(task, old, 2 * Page, 2 * Page, MremapFlags.MayMove | MremapFlags.DontUnmap, 0).Address;
        machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].LockedVm.ShouldBe(moved);

        machine.SystemCalls.Munmap(task, at, 2 * Page);
        machine.SystemCalls.Munmap(task, old, 2 * Page);
        machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].LockedVm.ShouldBe(left);
    }

    private static SysResult Map(Machine machine, int task, ulong length) =>
        machine.SystemCalls.Mmap(task, 0, length, ReadWrite, Anonymous, -1, 0);

    private static void Fill(Machine machine, int task, ulong downTo)
    {
        ulong lowest = Map(machine, task, Page).Address;
        machine.SystemCalls.Munmap(task, lowest, Page);
        if (lowest >= downTo)
            machine.SystemCalls.Mmap(task, downTo, lowest + Page - downTo, Prot.None, Anonymous | MapFlags.Fixed, -1, 0).IsError.ShouldBeFalse();
    }
}
