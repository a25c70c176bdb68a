using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.PageCache;

/// <summary>Write-back that fails: each open file is told once, and no other page loses a byte.</summary>
public sealed class WritebackErrorTests
{
    private const ulong Base = 0x10_0000_0000;
    private const int Pages = 100;
    private const int Bad = 37;

    [Fact]
    public void EachOpenFileIsToldOnce()
    {
        using Machine machine = Create(out int task, out int inode);
        SystemCalls.SystemCalls calls = machine.SystemCalls;
        int first = Open(machine, task, inode);
        int second = Open(machine, task, inode);
        int copy = (int)calls.Dup(task, first).Raw;
        int other = Open(machine, task, machine.Inodes.Create("/other", InodeKind.Regular, 0xfe0000, 10, 1 << 12));
        calls.Write(task, first, Pages << 12).Raw.ShouldBe(Pages << 12);
        calls.Write(task, other, 1 << 12).Raw.ShouldBe(1 << 12);

        calls.Fsync(task, first).ShouldBe(Errno.EIO);
        calls.Fsync(task, first).ShouldBe(SysResult.Ok);
        calls.Fsync(task, copy).ShouldBe(SysResult.Ok, "a copied descriptor is the same open file");
        calls.Fsync(task, second).ShouldBe(Errno.EIO);
        calls.Fsync(task, second).ShouldBe(SysResult.Ok);
        calls.Fsync(task, other).ShouldBe(SysResult.Ok);
        // Seen by somebody: who opens the file now is not told. Its file system is another matter.
        calls.Fsync(task, Open(machine, task, inode)).ShouldBe(SysResult.Ok);
        calls.Syncfs(task, other).ShouldBe(Errno.EIO);
        calls.Syncfs(task, other).ShouldBe(SysResult.Ok);
        // It fails again: it is news again.
        calls.Pwrite(task, first, 1 << 12, Bad << 12).Raw.ShouldBe(1 << 12);
        calls.Fsync(task, second).ShouldBe(Errno.EIO);
        calls.SyncFileRange(task, first, 0, 0, 4).ShouldBe(Errno.EIO);
        machine.Validate();
    }

    [Fact]
    public void WhatTheFlusherLostIsToldToWhoOpensTheFileLater()
    {
        using Machine machine = Create(out int task, out int inode);
        SystemCalls.SystemCalls calls = machine.SystemCalls;
        int fd = Open(machine, task, inode);
        calls.Write(task, fd, Pages << 12).Raw.ShouldBe(Pages << 12);
        calls.Close(task, fd).ShouldBe(SysResult.Ok);
        calls.Nanosleep(task, 60e9);
        machine.VmStat.NrDirty.ShouldBe(0);
        fd = Open(machine, task, inode);
        calls.Fsync(task, fd).ShouldBe(Errno.EIO);
        calls.Fsync(task, fd).ShouldBe(SysResult.Ok);
    }

    [Fact]
    public void OnlyThePageOnTheBadSectorLosesWhatWasStored()
    {
        using Machine machine = Create(out int task, out int inode);
        SystemCalls.SystemCalls calls = machine.SystemCalls;
        int fd = Open(machine, task, inode);
        calls.Mmap(task, Base, Pages << 12, Prot.Read | Prot.Write, MapFlags.Shared | MapFlags.Fixed, fd, 0).Address.ShouldBe(Base);
        for (int page = 0; page < Pages; page++)
            machine.WriteMemory(task, Base + ((ulong)page << 12), BitConverter.GetBytes(page + 1)).IsResolved.ShouldBeTrue();
        calls.Msync(task, Base, Pages << 12, MsyncFlags.Sync).ShouldBe(Errno.EIO);
        calls.Msync(task, Base, Pages << 12, MsyncFlags.Sync).ShouldBe(SysResult.Ok);
        // As long as it stays in memory it is there.
        Read().ShouldBe(Enumerable.Range(1, Pages));
        calls.Munmap(task, Base, Pages << 12).ShouldBe(SysResult.Ok);
        machine.TryWriteSysctl("vm.drop_caches", "1").ShouldBeTrue();
        calls.Mmap(task, Base, Pages << 12, Prot.Read, MapFlags.Shared | MapFlags.Fixed, fd, 0).Address.ShouldBe(Base);
        Read().ShouldBe(Enumerable.Range(1, Pages).Select(value => value == Bad + 1 ? 0 : value));
        machine.Validate();

        List<int> Read()
        {
            List<int> values = [];
            byte[] bytes = new byte[sizeof(int)];
            for (int page = 0; page < Pages; page++)
            {
                machine.ReadMemory(task, Base + ((ulong)page << 12), bytes).IsResolved.ShouldBeTrue();
                values.Add(BitConverter.ToInt32(bytes));
            }

            return values;
        }
    }

    [Fact]
    public void AnErrorThatNobodySawIsReplacedAndOneThatSomebodySawCounts()
    {
        uint mapping = 0;
        uint early = Errseq.Sample(mapping);
        Errseq.Set(ref mapping, Errno.ENOSPC);
        Errseq.Set(ref mapping, Errno.EIO);
        uint late = Errseq.Sample(mapping);
        Errseq.CheckAndAdvance(ref mapping, ref early).ShouldBe(Errno.EIO);
        Errseq.CheckAndAdvance(ref mapping, ref early).ShouldBe(Errno.None);
        Errseq.CheckAndAdvance(ref mapping, ref late).ShouldBe(Errno.EIO);
        Errseq.Set(ref mapping, Errno.EIO);
        Errseq.CheckAndAdvance(ref mapping, ref early).ShouldBe(Errno.EIO);
        uint after = Errseq.Sample(mapping);
        Errseq.CheckAndAdvance(ref mapping, ref after).ShouldBe(Errno.None);
    }

    // The file's 38th page lies on a sector that cannot be written.
    private static Machine Create(out int task, out int inode)
    {
        using (Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 32 << 20 }))
        {
            _ = Programs.Run(machine, Programs.Static(machine));
            inode = machine.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 9, Pages << 12);
        }

        ulong sector = PageReads.SectorOf(inode, Bad);
        BlockDeviceSpec disk = BlockDeviceSpec.Find("nvme")! with { WriteErrors = [new SectorRange(sector, sector)] };
        Machine broken = Machine.Create(new MachineSpec { MemoryBytes = 32 << 20, WarmPageCache = false, BlockDevices = [disk] });
        task = Programs.Run(broken, Programs.Static(broken));
        broken.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 9, Pages << 12).ShouldBe(inode);
        return broken;
    }

    private static int Open(Machine machine, int task, int inode) => (int)machine.SystemCalls.Open(task, inode, OpenFlags.ReadWrite).Raw;
}
