using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.PageCache;

/// <summary>A machine with one task and cold files; it notes the windows that readahead reads.</summary>
internal sealed class FileRig : IFileTracepoints, IDisposable
{
    private ulong _nextNumber = 100;

    public FileRig(int minor = 1, int readAheadKb = 128, ulong memoryBytes = 256 << 20, BlockDeviceSpec? device = null)
    {
        Machine = Machine.Create(new MachineSpec
        {
            Kernel = new KernelVersion(6, minor),
            Cpus = 1,
            MemoryBytes = memoryBytes,
            ReadAheadKb = readAheadKb,
            WarmPageCache = false,
            BlockDevices = [device ?? BlockDeviceSpec.Find("nvme")!],
        });
        Task = Programs.Run(Machine, Programs.Static(Machine));
        Machine.FilePages.Tracepoints = this;
    }

    public Machine Machine { get; }

    public int Task { get; }

    public SystemCalls.SystemCalls Calls => Machine.SystemCalls;

    /// <summary>START+PAGES~LOOKAHEAD of each window.</summary>
    public List<string> Windows { get; } = [];

    /// <summary>Dirty pages of files, without the file system's own.</summary>
    public long DirtyData => Machine.VmStat.NrDirty - DirtyTable;

    /// <summary>Pages of files that became dirty.</summary>
    public long DirtiedData => Machine.VmStat.NrDirtied - Machine.Writeback.InodeTable.Dirtied;

    /// <summary>Pages of files that were written.</summary>
    public long WrittenData => Machine.VmStat.NrWritten - (Machine.Writeback.InodeTable.Dirtied - DirtyTable);

    private long DirtyTable => Machine.FilePages.Buffers.DeviceInode is not 0 and int inode ? Machine.Inodes.Inodes[inode].DirtyPages : 0;

    public int NewFile(ulong sizeBytes) => Machine.Inodes.Create($"/file{_nextNumber}", InodeKind.Regular, 0xfe0000, _nextNumber++, sizeBytes);

    public int Open(int inode) => (int)Calls.Open(Task, inode, OpenFlags.ReadWrite).Raw;

    public string TakeWindows()
    {
        string text = string.Join(' ', Windows);
        Windows.Clear();
        return text;
    }

    public void Dispose() => Machine.Dispose();

    void IFileTracepoints.MmFilemapAddToPageCache(int inode, ulong index, uint pfn)
    {
    }

    void IFileTracepoints.MmFilemapDeleteFromPageCache(int inode, ulong index, uint pfn)
    {
    }

    void IFileTracepoints.PageCacheSyncRa(int inode, ulong index, ulong requestPages)
    {
    }

    void IFileTracepoints.PageCacheAsyncRa(int inode, ulong index, ulong requestPages)
    {
    }

    void IFileTracepoints.PageCacheRaUnbounded(int inode, ulong start, ulong pages, ulong lookaheadPages) =>
        Windows.Add($"{start}+{pages}~{lookaheadPages}");
}
