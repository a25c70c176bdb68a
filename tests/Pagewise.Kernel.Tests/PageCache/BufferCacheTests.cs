using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Tests.PageCache;

/// <summary>Blocks of the file system itself: the extent tree of a long file, what holds it in memory, what drops it.</summary>
public sealed class BufferCacheTests
{
    private const ulong Page = 4096;
    private const ulong FourExtents = 4UL * 32768 * Page;

    [Theory]
    [InlineData(FourExtents - Page, 0)]
    [InlineData(FourExtents, 1)]
    public void AFileOfMoreExtentsThanAnInodeHoldsCostsOneActivePage(ulong sizeBytes, int blocks)
    {
        using var rig = new FileRig();
        int fd = rig.Open(rig.NewFile(sizeBytes));
        rig.Calls.Fadvise(rig.Task, fd, 0, 0, 1);
        long before = rig.Machine.VmStat.NrFilePages;
        rig.Calls.Pread(rig.Task, fd, Page, 0);
        (rig.Machine.VmStat.NrFilePages - before).ShouldBe(1 + blocks);
        Blocks(rig).ShouldBe(blocks);
        if (blocks == 0)
            return;
        PageFlags flags = rig.Machine.MemMap[BlockFrame(rig)].Flags;
        (flags & (PageFlags.Active | PageFlags.Private)).ShouldBe(PageFlags.Active | PageFlags.Private);
        // What was read once is known.
        rig.Calls.Pread(rig.Task, fd, Page, (long)(sizeBytes - Page));
        Blocks(rig).ShouldBe(1);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(18, 0)]
    public void ABlockThatACpuHoldsOutlivesDropCachesUntil66(int minor, int left)
    {
        using var rig = new FileRig(minor);
        int inode = rig.NewFile(FourExtents);
        int fd = rig.Open(inode);
        rig.Calls.Pread(rig.Task, fd, Page, 0);
        rig.Machine.TryWriteSysctl("vm.drop_caches", "1").ShouldBeTrue();
        Blocks(rig).ShouldBe(left);
        rig.Machine.Inodes.Inodes[inode].CachedPages.ShouldBe(0);
        rig.Machine.Validate();
    }

    [Fact]
    public void ACpuHoldsTheSixteenBlocksThatItUsedLast()
    {
        using var rig = new FileRig();
        for (int i = 0; i < 20; i++)
            rig.Calls.Pread(rig.Task, rig.Open(rig.NewFile(FourExtents)), Page, 0);
        Blocks(rig).ShouldBe(20);
        rig.Machine.TryWriteSysctl("vm.drop_caches", "1").ShouldBeTrue();
        Blocks(rig).ShouldBe(16);
        rig.Machine.Validate();
    }

    [Fact]
    public void DroppedFilesGiveTheNodesOfTheirIndexBack()
    {
        using var rig = new FileRig();
        int fd = rig.Open(rig.NewFile(8 << 20));
        rig.Machine.TryWriteSysctl("vm.drop_caches", "1").ShouldBeTrue();
        long before = rig.Machine.Caches.RadixTreeNode.InUse;
        rig.Calls.Pread(rig.Task, fd, 8 << 20, 0);
        rig.Machine.Caches.RadixTreeNode.InUse.ShouldBe(before + 33);
        rig.Machine.TryWriteSysctl("vm.drop_caches", "1").ShouldBeTrue();
        rig.Machine.Caches.RadixTreeNode.InUse.ShouldBe(before);
    }

    private static int Blocks(FileRig rig) =>
        rig.Machine.FilePages.Buffers.DeviceInode is not 0 and int device ? (int)rig.Machine.Inodes.Inodes[device].CachedPages : 0;

    private static uint BlockFrame(FileRig rig)
    {
        ulong index = 0;
        return rig.Machine.FilePages.NextFrame(rig.Machine.FilePages.Buffers.DeviceInode, ref index, ulong.MaxValue >> 12);
    }
}
