using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Reclaim;
using Pagewise.Kernel.Tests.PageCache;

namespace Pagewise.Kernel.Tests.Reclaim;

/// <summary>Names and inodes that nobody uses any more. The figures of the first test are those of Linux 6.1.192 under QEMU.</summary>
public sealed class UnusedFileTests
{
    private const int Files = 3000;

    /// <summary>
    /// 3000 files are opened, every second one read, every third opened again; then drop_caches is written 2, 2 and 3, as the
    /// kernel's tracepoints of its ext4 show it.
    /// </summary>
    [Fact]
    public void DroppingSlabTakesNamesThenInodesAsLinuxDoes()
    {
        using FileRig rig = new(memoryBytes: 128 << 20);
        var shrinks = new SlabShrinks(rig.Machine, "super_cache_scan");
        int[] files = [.. Enumerable.Range(0, Files).Select(_ => rig.NewFile(100))];
        for (int i = 0; i < Files; i++)
            Use(rig, files[i], reads: i % 2 == 1);
        for (int i = 0; i < Files; i += 3)
            Use(rig, files[i], reads: false);
        rig.Machine.Validate();
        Drop(rig, "2");
        // Linux has 379: the directory, which goes with the last name in it.
        shrinks.Take().ShouldBe(["0 of 3000, 6000: 4122, left 880", "880 of 356, 712: 378, left 712"]);
        long inodes = rig.Machine.Caches.Ext4Inode.InUse;
        Drop(rig, "2");
        shrinks.Take().ShouldBe([]);
        rig.Machine.Caches.Ext4Inode.InUse.ShouldBe(inodes);
        Drop(rig, "3");
        shrinks.Take().ShouldBe(["712 of 1500, 3000: 1500, left 1664"]);
        rig.Machine.VmStat.SlabsScanned.ShouldBe(5120 + 712 + 2048);
        foreach (int file in files)
            Use(rig, file, reads: true);
        rig.Machine.Validate();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void FilesComeAndGoAtRandom(int seed)
    {
        using FileRig rig = new(memoryBytes: 16 << 20);
        var random = new Random(seed);
        int[] files = [.. Enumerable.Range(0, 400).Select(_ => rig.NewFile((ulong)random.Next(20) << 12))];
        var open = new List<(int File, int Fd)>();
        for (int step = 0; step < 1500; step++)
        {
            int at = random.Next(files.Length);
            int file = files[at];
            switch (random.Next(12))
            {
                case 0:
                    rig.Machine.TryWriteSysctl("vm.vfs_cache_pressure", random.Next(3) == 0 ? "0" : "10000").ShouldBeTrue();
                    break;
                case 1:
                    Drop(rig, random.Next(1, 4).ToString(System.Globalization.CultureInfo.InvariantCulture));
                    break;
                case 2:
                    rig.Calls.Unlink(rig.Task, file).IsError.ShouldBeFalse();
                    files[at] = rig.NewFile(5000);
                    break;
                case 3:
                    rig.Calls.Truncate(rig.Task, file, random.Next(1 << 16)).IsError.ShouldBeFalse();
                    break;
                case < 7 when open.Count > 0:
                    (int _, int fd) = open[random.Next(open.Count)];
                    ulong count = (ulong)random.Next(1, 1 << 15);
                    if (random.Next(3) == 0)
                        rig.Calls.Pwrite(rig.Task, fd, count, random.Next(1 << 18));
                    else
                        rig.Calls.Pread(rig.Task, fd, count, 0);
                    break;
                case < 9 when open.Count > 0:
                    int closed = random.Next(open.Count);
                    rig.Calls.Close(rig.Task, open[closed].Fd).IsError.ShouldBeFalse();
                    open.RemoveAt(closed);
                    break;
                default:
                    open.Add((file, rig.Open(file)));
                    open[^1].Fd.ShouldBeGreaterThanOrEqualTo(0);
                    break;
            }

            if (step % 5 == 0)
                rig.Machine.Validate();
        }

        rig.Machine.VmStat.SlabsScanned.ShouldBeGreaterThan(100);
        rig.Machine.Caches.Ext4Inode.InUse.ShouldBeLessThan(files.Length + open.Count + 20);
    }

    /// <summary>A file that is in use, dirty or in the page cache keeps its inode; one that is not gives its objects back.</summary>
    [Fact]
    public void AnInodeStaysWhileItIsOpenOrHasPages()
    {
        using FileRig rig = new();
        int opened = rig.NewFile(100), cached = rig.NewFile(100), empty = rig.NewFile(100);
        int fd = rig.Open(opened);
        Use(rig, cached, reads: true);
        Use(rig, empty, reads: false);
        long inodes = rig.Machine.Caches.Ext4Inode.InUse, names = rig.Machine.Caches.Dentry.InUse;
        Drop(rig, "2");
        Drop(rig, "2");
        (rig.Machine.Caches.Ext4Inode.InUse, rig.Machine.Caches.Dentry.InUse).ShouldBe((inodes - 1, names - 2));
        rig.Calls.Close(rig.Task, fd).IsError.ShouldBeFalse();
        Drop(rig, "3");
        Drop(rig, "3");
        (rig.Machine.Caches.Ext4Inode.InUse, rig.Machine.Caches.Dentry.InUse).ShouldBe((inodes - 3, names - 3));
        Use(rig, cached, reads: true);
        rig.Machine.Caches.Ext4Inode.InUse.ShouldBe(inodes - 2);
        rig.Machine.Validate();
    }

    private static void Use(FileRig rig, int file, bool reads)
    {
        int fd = rig.Open(file);
        fd.ShouldBeGreaterThanOrEqualTo(0);
        if (reads)
            rig.Calls.Read(rig.Task, fd, 4096).Raw.ShouldBe(100);
        rig.Calls.Close(rig.Task, fd).IsError.ShouldBeFalse();
    }

    private static void Drop(FileRig rig, string what) => rig.Machine.TryWriteSysctl("vm.drop_caches", what).ShouldBeTrue();

    /// <summary>What a shrinker was asked and did.</summary>
    private sealed class SlabShrinks : IVmscanTracepoints
    {
        private readonly string _shrinker;
        private readonly List<string> _lines = [];
        private string _start = "";

        public SlabShrinks(Machine machine, string shrinker)
        {
            _shrinker = shrinker;
            machine.VmscanTracepoints = this;
        }

        /// <summary>Those that freed something since the last call: put off, that can go, to scan: freed, put off now.</summary>
        public string[] Take()
        {
            string[] lines = [.. _lines];
            _lines.Clear();
            return lines;
        }

        void IVmscanTracepoints.MmShrinkSlabStart(in SlabShrinkStart start) => _start = $"{start.Deferred} of {start.Freeable}, {start.TotalScan}";

        void IVmscanTracepoints.MmShrinkSlabEnd(in SlabShrinkEnd end)
        {
            if (end.Shrinker == _shrinker && end.Freed > 0)
                _lines.Add($"{_start}: {end.Freed}, left {end.New}");
        }

        void IVmscanTracepoints.MmVmscanKswapdSleep(int node)
        {
        }

        void IVmscanTracepoints.MmVmscanKswapdWake(int node, ZoneType highest, int order)
        {
        }

        void IVmscanTracepoints.MmVmscanWakeupKswapd(int node, ZoneType highest, int order, Gfp gfp)
        {
        }

        void IVmscanTracepoints.MmVmscanReclaimBegin(int order, Gfp gfp, bool isMemcg)
        {
        }

        void IVmscanTracepoints.MmVmscanReclaimEnd(long reclaimed, bool isMemcg)
        {
        }

        void IVmscanTracepoints.MmVmscanLruIsolate(in LruIsolated isolated)
        {
        }

        void IVmscanTracepoints.MmVmscanWriteFolio(int node, bool isKswapd, uint pfn, bool isFile)
        {
        }

        void IVmscanTracepoints.MmVmscanLruShrinkInactive(in LruShrunk shrunk)
        {
        }

        void IVmscanTracepoints.MmVmscanLruShrinkActive(in LruAged aged)
        {
        }
    }
}
