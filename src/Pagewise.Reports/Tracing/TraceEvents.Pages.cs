using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Reports.Tracing;

/// <content>Pages that come to lists, and dirty ones.</content>
public sealed partial class TraceEvents
{
    private const double NsPerJiffy = 4e6;
    private const double NsPerSecond = 1e9;
    private const double NsPerMs = 1e6;

    /// <summary>What jiffies begin with: five minutes before their low 32 bits are full (INITIAL_JIFFIES at 250 Hz).</summary>
    private const long InitialJiffies = (1L << 32) - (300 * 250);

    void ILruTracepoints.MmLruInsertion(uint pfn, LruList list)
    {
        if (!IsWanted(TraceKind.LruInsertion))
            return;
        ref PageFrame frame = ref _machine.MemMap[pfn];
        char mapped = frame.MapCount != 0 ? 'M' : ' ';
        char kind = Has(frame.Flags, PageFlags.Anon) ? 'a' : 'f';
        char cached = Has(frame.Flags, PageFlags.SwapCache) ? 's' : ' ';
        char backed = Has(frame.Flags, PageFlags.SwapBacked) ? 'b' : ' ';
        // The last two are of blocks on the device (mappedtodisk, private), of which no page knows here.
        OfTask(TraceKind.LruInsertion, $"folio={FolioOf(pfn):x16} pfn=0x{pfn:x} lru={(int)list} flags={mapped}{kind}{cached}{backed}  ");
    }

    void ILruTracepoints.MmLruActivate(uint pfn)
    {
        if (IsWanted(TraceKind.LruActivate))
            OfTask(TraceKind.LruActivate, $"folio={FolioOf(pfn):x16} pfn=0x{pfn:x}");
    }

    void IWritebackTracepoints.BalanceDirtyPages(in DirtyBalance balance)
    {
        if (!IsWanted(TraceKind.BalanceDirtyPages))
            return;
        ulong setpoint = (balance.Limits.Threshold + balance.Limits.Freerun) / 2;
        OfTask(TraceKind.BalanceDirtyPages, $"bdi 8:0: limit={balance.Limits.Threshold} setpoint={setpoint} dirty={balance.Dirty} bdi_setpoint={setpoint} bdi_dirty={balance.Dirty} dirty_ratelimit={KibOf(balance.DirtyRatelimit)} task_ratelimit={KibOf(balance.TaskRatelimit)} dirtied={balance.Dirtied} dirtied_pause={balance.DirtiedPause} paused={(long)(balance.PausedNs / NsPerMs)} pause={(long)(balance.PauseNs / NsPerMs)} period={(long)(balance.PeriodNs / NsPerMs)} think={(long)(balance.ThinkNs / NsPerMs)} cgroup_ino=1");
    }

    void IWritebackTracepoints.WritebackSingleInodeStart(int inode, long toWrite) => SingleInode(TraceKind.WritebackSingleInodeStart, inode, toWrite, 0);

    void IWritebackTracepoints.WritebackSingleInode(int inode, long toWrite, long wrote) => SingleInode(TraceKind.WritebackSingleInode, inode, toWrite, wrote);

    private void SingleInode(TraceKind kind, int inode, long toWrite, long wrote)
    {
        if (!IsWanted(kind))
            return;
        ref Inode file = ref _machine.Inodes.Inodes[inode];
        string state = file.DirtyPages > 0 ? "I_DIRTY_PAGES|I_SYNC" : "I_SYNC";
        long dirtied = InitialJiffies + (long)(file.DirtiedWhenNs / NsPerJiffy);
        long age = (long)((_machine.NowNs - file.DirtiedWhenNs) / NsPerSecond);
        Fire(kind, LastCpu, FlusherPid, "kworker/flush", $"bdi 8:0: ino={file.Number} state={state} dirtied_when={dirtied} age={age} index={file.WritebackIndex} to_write={toWrite} wrote={wrote} cgroup_ino=1");
    }

    private static long KibOf(double pagesPerSecond) => (long)pagesPerSecond * (Pfn.SizeBytes / 1024);

    private static ulong FolioOf(uint pfn) => Vmemmap + ((ulong)pfn * PageStructBytes);

    private static bool Has(PageFlags flags, PageFlags flag) => (flags & flag) != 0;
}
