using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Tests.PageCache;

namespace Pagewise.Kernel.Tests.Reclaim;

public sealed class ShadowNodeTests
{
    private const ulong NodeBytes = 64 << 12;

    /// <summary>A page of each node's share of a large file, over and over: shadow nodes stay few, and what they hold is right.</summary>
    [Fact]
    public void NodesWithNothingButShadowsGoWhenTheyAreMany()
    {
        using FileRig rig = new(memoryBytes: 64 << 20);
        int fd = Sparse(rig, 40_000);
        Touch(rig, fd, 0, 40_000);
        rig.Machine.VmStat.WorkingsetNodeReclaim.ShouldBeGreaterThan(15_000);
        rig.Machine.VmStat.SlabsScanned.ShouldBeGreaterThanOrEqualTo(rig.Machine.VmStat.WorkingsetNodeReclaim);
        // Linux 6.1 under QEMU, with a quarter less memory: 85 to 284 more than an eighth of the pages on its lists.
        rig.Machine.VmStat.WorkingsetNodes.ShouldBeInRange(ListedPages(rig) >> 3, (ListedPages(rig) >> 3) + 300);
        rig.Machine.Validate();
    }

    [Fact]
    public void DroppingSlabTakesTheNodesBeyondAnEighthOfThePages()
    {
        using FileRig rig = new(memoryBytes: 64 << 20);
        int fd = Sparse(rig, 30_000);
        Touch(rig, fd, 0, 30_000);
        long pages = ListedPages(rig);
        rig.Machine.VmStat.WorkingsetNodes.ShouldBeGreaterThan(pages >> 3);
        rig.Machine.TryWriteSysctl("vm.drop_caches", "2").ShouldBeTrue();
        // What earlier passes put off is done too, so some more go than those that are too many.
        rig.Machine.VmStat.WorkingsetNodes.ShouldBeInRange(pages >> 4, (pages >> 3) + 2);
        rig.Machine.VmStat.NrFilePages.ShouldBeGreaterThanOrEqualTo(pages);
        (rig.Machine.VmStat.DropSlab, rig.Machine.VmStat.DropPagecache).ShouldBe((1, 0));
        rig.Machine.Validate();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void FilesOfRandomUseKeepWhatTheyCount(int seed, bool isWarm)
    {
        using FileRig rig = new(memoryBytes: 24 << 20);
        rig.Machine.Inodes.IsWarm = isWarm;
        var random = new Random(seed);
        int[] files = [Sparse(rig, 6000), Sparse(rig, 6000), Sparse(rig, 70)];
        for (int step = 0; step < 120; step++)
        {
            int fd = files[random.Next(files.Length)];
            int node = random.Next(6000);
            switch (random.Next(8))
            {
                case 0:
                    rig.Calls.Fadvise(rig.Task, fd, (long)((ulong)node * NodeBytes), 1 << 24, (int)Fadvice.DontNeed);
                    break;
                case 1 when random.Next(4) == 0:
                    rig.Machine.TryWriteSysctl("vm.drop_caches", random.Next(1, 4).ToString(System.Globalization.CultureInfo.InvariantCulture)).ShouldBeTrue();
                    break;
                default:
                    Touch(rig, fd, node, random.Next(1500));
                    break;
            }

            rig.Machine.Validate();
        }

        rig.Machine.VmStat.WorkingsetNodeReclaim.ShouldBeGreaterThan(1000);
    }

    private static long ListedPages(FileRig rig)
    {
        long pages = 0;
        for (LruList list = 0; (int)list < Lruvec.ListCount; list++)
            pages += rig.Machine.Lru.Pages(list);
        return pages;
    }

    private static int Sparse(FileRig rig, int nodes)
    {
        int fd = rig.Open(rig.NewFile((ulong)nodes * NodeBytes));
        rig.Calls.Fadvise(rig.Task, fd, 0, 0, (int)Fadvice.Random).IsError.ShouldBeFalse();
        return fd;
    }

    /// <summary>Reads one page, elsewhere in each node, of nodes one after the other.</summary>
    private static void Touch(FileRig rig, int fd, int first, int count)
    {
        for (int node = first; node < first + count; node++)
            rig.Calls.Pread(rig.Task, fd, 1, (long)(((ulong)node * NodeBytes) + ((ulong)(node % 64) << 12)));
    }
}
