using Pagewise.Abi;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Tests.PageCache;

public sealed class ReadaheadTests
{
    private const ulong Page = 4096;

    [Theory]
    [InlineData(1)]
    [InlineData(18)]
    public void ASequentialReaderGetsWindowsThatDoubleUpToTheLimit(int minor)
    {
        using FileRig rig = new(minor);
        int fd = rig.Open(rig.NewFile(16 << 20));
        for (int page = 0; page < 60; page++)
            rig.Calls.Read(rig.Task, fd, Page).Raw.ShouldBe(4096);
        rig.TakeWindows().ShouldBe("0+4~3 4+8~8 12+16~16 28+32~32 60+32~32");
    }

    [Fact]
    public void AWindowThatOneLongReadMadeLongStaysSo()
    {
        using FileRig rig = new();
        int fd = rig.Open(rig.NewFile(16 << 20));
        rig.Calls.Read(rig.Task, fd, 256 << 10).Raw.ShouldBe(256 << 10);
        rig.TakeWindows().ShouldBe("0+64~32 64+64~64");
        for (int page = 64; page < 130; page++)
            rig.Calls.Read(rig.Task, fd, Page);
        rig.TakeWindows().ShouldBe("128+64~64 192+64~64");
    }

    [Fact]
    public void ARandomReaderGetsWhatItAskedFor()
    {
        using FileRig rig = new();
        int fd = rig.Open(rig.NewFile(16 << 20));
        foreach (int page in (int[])[900, 20, 3000, 1])
            rig.Calls.Pread(rig.Task, fd, Page, page * 4096L);
        rig.TakeWindows().ShouldBe("900+1~0 20+1~0 3000+1~0 1+1~0");
    }

    [Fact]
    public void AdviceChangesTheWindowsOfItsDescriptorOnly()
    {
        using FileRig rig = new();
        int inode = rig.NewFile(16 << 20);
        int random = rig.Open(inode), sequential = rig.Open(inode), plain = rig.Open(inode);
        rig.Calls.Fadvise(rig.Task, random, 0, 0, (int)Fadvice.Random).ShouldBe(SysResult.Ok);
        rig.Calls.Fadvise(rig.Task, sequential, 0, 0, (int)Fadvice.Sequential).ShouldBe(SysResult.Ok);
        rig.Calls.Read(rig.Task, random, 2 * Page);
        rig.TakeWindows().ShouldBe("0+2~0");
        rig.Calls.Pread(rig.Task, sequential, 64 * Page, 1024 * 4096);
        rig.TakeWindows().ShouldBe("1024+64~0");
        rig.Calls.Pread(rig.Task, plain, 64 * Page, 2048 * 4096);
        rig.TakeWindows().ShouldBe("2048+64~0");
    }

    [Fact]
    public void WillNeedReadsOneRequestOfTheDeviceAtMostAndDontNeedDropsWholePages()
    {
        using FileRig rig = new();
        int inode = rig.NewFile(16 << 20);
        int fd = rig.Open(inode);
        rig.Calls.Fadvise(rig.Task, fd, 0, 0, (int)Fadvice.WillNeed);
        rig.TakeWindows().ShouldBe("0+320~0");
        rig.Machine.BlockDevices.Drain();
        rig.Calls.Fadvise(rig.Task, fd, 4096, 8191, (int)Fadvice.DontNeed);
        rig.Machine.FilePages.IsCached(inode, 1).ShouldBeFalse();
        rig.Machine.FilePages.IsCached(inode, 2).ShouldBeTrue();
        rig.Machine.FilePages.IsCached(inode, 0).ShouldBeTrue();
    }

    [Fact]
    public void AFaultReadsAroundAndItsMarkGoesOn()
    {
        using FileRig rig = new();
        int fd = rig.Open(rig.NewFile(16 << 20));
        ulong at = rig.Calls.Mmap(rig.Task, 0, 16 << 20, Prot.Read, MapFlags.Shared, fd, 0).Address;
        long before = rig.Machine.VmStat.PgMajFault;
        rig.Machine.Access(rig.Task, at + (100 * Page), AccessKind.Read).IsMajor.ShouldBeTrue();
        rig.TakeWindows().ShouldBe("84+32~8");
        rig.Machine.BlockDevices.Drain();
        // The mark on page 108 is left out of fault-around, and costs a fault that was retried.
        rig.Machine.Access(rig.Task, at + (107 * Page), AccessKind.Read).IsMajor.ShouldBeFalse();
        rig.Machine.Access(rig.Task, at + (108 * Page), AccessKind.Read).IsMajor.ShouldBeTrue();
        rig.TakeWindows().ShouldBe("116+32~32");
        rig.Machine.VmStat.PgMajFault.ShouldBe(before + 1);
        rig.Machine.PageTables.Validate();
    }

    [Fact]
    public void AReaderWaitsForTheDeviceOnceAWindow()
    {
        using FileRig rig = new();
        int fd = rig.Open(rig.NewFile(1 << 20));
        double before = rig.Machine.Clock.WaitedNs;
        rig.Calls.Read(rig.Task, fd, Page);
        double first = rig.Machine.Clock.WaitedNs - before;
        first.ShouldBeGreaterThan(80_000);
        before = rig.Machine.Clock.WaitedNs;
        rig.Calls.Pread(rig.Task, fd, Page, 4096);
        rig.Calls.Pread(rig.Task, fd, Page, 8192);
        rig.Machine.Clock.WaitedNs.ShouldBe(before);
    }
}
