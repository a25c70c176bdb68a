using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Tests.PageCache;

public sealed class WritebackTests : IWritebackTracepoints
{
    private const ulong Page = 4096;

    private readonly List<long> _looks = [];
    private readonly List<DirtyBalance> _balances = [];
    private int _starts;

    [Fact]
    public void LimitsFollowTheSysctls()
    {
        var settings = new DirtySettings();
        ulong dirtyable = DirtyLimits.Dirtyable(226_000, 8_000, 5_000);
        dirtyable.ShouldBe(223_001UL);
        DirtyLimits.Of(settings, dirtyable).ShouldBe(new DirtyLimits(819UL * 223_001 / 4096, 409UL * 223_001 / 4096));
        DirtySettings bytes = settings.With("vm.dirty_bytes", 8193)!;
        bytes.Ratio.ShouldBe(0);
        DirtyLimits.Of(bytes, dirtyable).ShouldBe(new DirtyLimits(3, 1));
        DirtyLimits.Of(bytes.With("vm.dirty_ratio", 0)!, dirtyable).ShouldBe(new DirtyLimits(0, 0));
        settings.With("vm.dirty_bytes", 8191).ShouldBeNull();
        settings.With("vm.swappiness", 1).ShouldBeNull();
    }

    [Fact]
    public void AWriterLooksAfter32PagesThenByTheRootOfWhatIsLeft()
    {
        using FileRig rig = new(memoryBytes: 1UL << 30);
        rig.Machine.Writeback.Tracepoints = this;
        int fd = rig.Open(rig.NewFile(0));
        for (int page = 0; page < 1000; page++)
            rig.Calls.Write(rig.Task, fd, Page);
        rig.DirtyData.ShouldBe(1000);
        // The threshold is some 45,000 pages: 2^(15/2).
        _looks.ShouldBe([32, 160, 288, 416, 544, 672, 800, 928]); // one of them is the inode table's
        _starts.ShouldBe(0);
    }

    [Fact]
    public void AboveTheBackgroundLimitTheFlusherWrites()
    {
        using FileRig rig = new();
        rig.Machine.Writeback.Tracepoints = this;
        rig.Machine.TryWriteSysctl("vm.dirty_background_bytes", "409600").ShouldBeTrue();
        int fd = rig.Open(rig.NewFile(0));
        for (int page = 0; page < 2000; page++)
            rig.Calls.Write(rig.Task, fd, Page);
        _starts.ShouldBeGreaterThan(0);
        rig.DirtiedData.ShouldBe(2000);
        rig.Machine.BlockDevices.Drain();
        rig.WrittenData.ShouldBeGreaterThan(1000);
        rig.Machine.PageTables.Validate();
    }

    [Fact]
    public void OldPagesAreWrittenByThePeriod()
    {
        using FileRig rig = new();
        int fd = rig.Open(rig.NewFile(0));
        rig.Calls.Write(rig.Task, fd, 8000 * Page);
        rig.Calls.Fsync(rig.Task, fd).ShouldBe(SysResult.Ok); // the device has a history now, for a while
        rig.Calls.Nanosleep(rig.Task, 1e9);
        rig.Calls.Write(rig.Task, fd, 10 * Page);
        rig.Calls.Nanosleep(rig.Task, 28e9);
        rig.DirtyData.ShouldBe(10);
        rig.Calls.Nanosleep(rig.Task, 10e9);
        rig.DirtyData.ShouldBe(0);
        rig.WrittenData.ShouldBe(8010);
    }

    [Fact]
    public void AStoreAfterWritingFaultsOnceMore()
    {
        using FileRig rig = new();
        int fd = rig.Open(rig.NewFile(1 << 20));
        ulong at = rig.Calls.Mmap(rig.Task, 0, 1 << 20, Prot.Read | Prot.Write, MapFlags.Shared, fd, 0).Address;
        rig.Machine.Access(rig.Task, at, AccessKind.Write);
        rig.DirtyData.ShouldBe(1);
        long faults = rig.Machine.PageTables.MinorFaults;
        rig.Machine.Access(rig.Task, at, AccessKind.Write);
        rig.Machine.PageTables.MinorFaults.ShouldBe(faults);
        rig.Calls.Msync(rig.Task, at, 4096, MsyncFlags.Sync).ShouldBe(SysResult.Ok);
        rig.DirtyData.ShouldBe(0);
        rig.WrittenData.ShouldBe(1);
        rig.Machine.Access(rig.Task, at, AccessKind.Read);
        rig.Machine.PageTables.MinorFaults.ShouldBe(faults);
        rig.Machine.Access(rig.Task, at, AccessKind.Write);
        rig.Machine.PageTables.MinorFaults.ShouldBe(faults + 1);
        rig.DirtyData.ShouldBe(1);
        rig.Machine.PageTables.Validate();
    }

    [Fact]
    public void APageThatIsBeingWrittenStaysWhenItIsPagedOut()
    {
        const int startsWriting = 2; // SYNC_FILE_RANGE_WRITE
        using FileRig rig = new();
        int fd = rig.Open(rig.NewFile(1 << 20));
        ulong at = rig.Calls.Mmap(rig.Task, 0, 1 << 20, Prot.Read | Prot.Write, MapFlags.Shared, fd, 0).Address;
        for (ulong page = 0; page < 8; page++)
            rig.Machine.Access(rig.Task, at + (page * Page), AccessKind.Write);
        rig.Calls.SyncFileRange(rig.Task, fd, 0, 1 << 20, startsWriting).ShouldBe(SysResult.Ok);
        rig.Machine.VmStat.NrWriteback.ShouldBe(8);
        long cached = rig.Machine.VmStat.NrFilePages;
        rig.Calls.Madvise(rig.Task, at, 8 * Page, Madvice.PageOut).IsError.ShouldBeFalse();
        rig.Machine.VmStat.NrFilePages.ShouldBe(cached);
        rig.Machine.VmStat.NrMapped.ShouldBeGreaterThanOrEqualTo(8);
        rig.Calls.Fsync(rig.Task, fd).ShouldBe(SysResult.Ok);
        rig.Machine.VmStat.NrWriteback.ShouldBe(0);
        // To the old end of their list, where reclaim looks first.
        rig.Machine.VmStat.PgRotated.ShouldBe(0);
        rig.Machine.Lru.DrainAll();
        rig.Machine.VmStat.PgRotated.ShouldBe(8);
        rig.Machine.Validate();
    }

    [Fact]
    public void ADirtyPageThatCouldNotBeDroppedActsAsAMark()
    {
        using FileRig rig = new();
        int fd = rig.Open(rig.NewFile(16 << 20));
        rig.Calls.Read(rig.Task, fd, 40 * Page);
        rig.Machine.BlockDevices.Drain();
        rig.Calls.Lseek(rig.Task, fd, 5 * 4096, SeekWhence.Set);
        rig.Calls.Write(rig.Task, fd, Page);
        rig.Machine.TryWriteSysctl("vm.drop_caches", "3").ShouldBeTrue();
        rig.TakeWindows();
        int again = rig.Open(rig.Machine.SystemCalls.InodeOf(rig.Task, fd));
        for (int page = 0; page < 6; page++)
            rig.Calls.Read(rig.Task, again, Page);
        rig.TakeWindows().ShouldBe("0+4~3 4+8~8 12+16~16 28+32~32");
    }

    [Fact]
    public void AWriterBeyondTheFreeRunSlowsDownAsRecorded()
    {
        // wb_throttle/throttle.tsv: dirty pages and the rate in KiB/s, as long as the device has no history.
        (ulong Dirty, double Rate)[] recorded =
        [
            (1286, 173_700), (1303, 162_000), (1336, 142_000), (1400, 113_000), (1464, 94_200), (1528, 82_600), (1592, 75_100),
            (1656, 68_700), (1720, 60_200), (1784, 46_600), (1848, 24_700), (1912, 18_700), (1976, 12_000), (2040, 1_700),
        ];
        using FileRig rig = new(memoryBytes: 1UL << 30, device: new BlockDeviceSpec("slow") { WriteLatencyNs = 1e9 });
        rig.Machine.TryWriteSysctl("vm.dirty_bytes", "8388608").ShouldBeTrue();
        rig.Machine.TryWriteSysctl("vm.dirty_background_bytes", "2097152").ShouldBeTrue();
        rig.Machine.Writeback.Tracepoints = this;
        int fd = rig.Open(rig.NewFile(0));
        for (int write = 0; write < 130; write++)
            rig.Calls.Write(rig.Task, fd, 16 * Page);
        int compared = 0;
        foreach (DirtyBalance balance in _balances.TakeWhile(balance => balance.TaskRatelimit > 0))
        {
            int next = Array.FindIndex(recorded, row => row.Dirty >= balance.Dirty);
            if (next <= 0)
                continue;
            double rate = balance.TaskRatelimit * 4;
            rate.ShouldBeLessThan(recorded[next - 1].Rate * 1.02);
            rate.ShouldBeGreaterThan(recorded[next].Rate * 0.98);
            compared++;
        }

        compared.ShouldBeGreaterThan(8);
        // At the limit it waits for three jiffies at a time, as recorded.
        DirtyBalance last = _balances.First(balance => balance.TaskRatelimit == 0);
        last.PauseNs.ShouldBe(12e6);
        last.Dirty.ShouldBeInRange(2048UL, 2048UL + 128);
    }

    [Fact]
    public void TheFlusherGoesOverAllDirtyFilesBeforeItLooksAgain()
    {
        using FileRig rig = new();
        rig.Machine.TryWriteSysctl("vm.dirty_background_bytes", "262144").ShouldBeTrue();
        int first = rig.Open(rig.NewFile(0));
        int second = rig.Open(rig.NewFile(0));
        rig.Calls.Write(rig.Task, first, 40 * Page);
        rig.DirtyData.ShouldBe(40);
        rig.Calls.Write(rig.Task, second, 60 * Page);
        rig.DirtyData.ShouldBeLessThan(10);
    }

    [Fact]
    public void MakingAFileDirtiesPagesOfItsDirectoryAndGroupOnce()
    {
        using FileRig rig = new();
        InodeTablePages table = rig.Machine.Writeback.InodeTable;
        table.NameChanged(rig.NewFile(0));
        table.Dirtied.ShouldBe(6);
        table.NameChanged(rig.NewFile(0));
        table.Dirtied.ShouldBe(6);
        rig.DirtyData.ShouldBe(0);
        rig.Calls.Sync(rig.Task).ShouldBe(SysResult.Ok);
        table.NameChanged(rig.NewFile(0));
        table.Dirtied.ShouldBe(12);
    }

    void IWritebackTracepoints.GlobalDirtyState(long dirty, long writeback, DirtyLimits limits) => _looks.Add(dirty);

    void IWritebackTracepoints.BalanceDirtyPages(in DirtyBalance balance) => _balances.Add(balance);

    void IWritebackTracepoints.WritebackStart(bool isBackground) => _starts++;

    void IWritebackTracepoints.WritebackSingleInodeStart(int inode, long toWrite)
    {
    }

    void IWritebackTracepoints.WritebackSingleInode(int inode, long toWrite, long wrote)
    {
    }
}
