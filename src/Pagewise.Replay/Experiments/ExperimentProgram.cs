using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.SystemCalls;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// The recorder's program on a machine, for the experiments that record no workload but what a program found out by
/// trying: a static program of the size that the other experiments' logs show.
/// </summary>
internal sealed class ExperimentProgram : IDisposable
{
    private const ulong MiB = 1UL << 20;
    private const ulong TextStart = 0x400000;
    private const ulong BssBytes = 1191936;

    // As the logs show them: file pages at 0x400000, then bss.
    private static readonly (ulong Bytes, Prot Prot)[] Segments =
        [(4096, Prot.Read), (643072, Prot.Read | Prot.Exec), (176128, Prot.Read), (28672, Prot.Read | Prot.Write)];

    /// <summary>Starts it.</summary>
    /// <param name="spec">The machine.</param>
    public ExperimentProgram(MachineSpec spec)
    {
        Machine = Machine.Create(spec);
        Task = Calls.CreateInitialTask(0, "wl");
        int inode = Machine.Inodes.Create("/bin/wl", InodeKind.Regular, 1, 1, MiB);
        var segments = new List<ExecSegment>();
        ulong at = 0;
        foreach ((ulong bytes, Prot prot) in Segments)
        {
            bool isLast = segments.Count == Segments.Length - 1;
            segments.Add(new ExecSegment(TextStart + at, at, bytes, isLast ? bytes + BssBytes : bytes, prot));
            at += bytes;
        }

        Calls.Execve(Task, new ExecImage { Comm = "wl", Program = new ExecFile { Inode = inode, Segments = segments } });
        ulong brk = Calls.Brk(Task, 0).Address;
        Calls.Brk(Task, brk + 0x22000);
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>The system calls.</summary>
    public SystemCalls Calls => Machine.SystemCalls;

    /// <summary>The program's task.</summary>
    public int Task { get; }

    /// <summary>Maps private anonymous memory; its address or an error.</summary>
    public SysResult Map(ulong mebibytes, Prot prot, MapFlags flags = MapFlags.None) =>
        Calls.Mmap(Task, 0, mebibytes * MiB, prot, MapFlags.Private | MapFlags.Anonymous | flags, -1, 0);

    /// <inheritdoc/>
    public void Dispose() => Machine.Dispose();
}
