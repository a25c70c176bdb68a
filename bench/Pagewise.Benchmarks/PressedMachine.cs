using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Benchmarks;

/// <summary>
/// A machine with a program that uses more anonymous memory than it gets: it has stored into every page, and goes on with
/// Zipf accesses (s = 1), one in four a store. After the warm-up some 4 accesses in 100 fault, 3 of them on swap.
/// </summary>
internal sealed class PressedMachine : IDisposable
{
    /// <summary>Pages used: 8 GiB.</summary>
    public const int Pages = 2 << 20;

    /// <summary>Pages of memory that there are for them.</summary>
    public const ulong MemoryPages = (ulong)(Pages / 1.3);

    /// <summary>Accesses drawn at a time.</summary>
    public const int Accesses = 1 << 20;

    private const int WarmUps = 16;

    private readonly AccessRun[] _runs = new AccessRun[Accesses];
    private readonly Zipf _zipf = new(Pages, 1, 1);
    private readonly int _task;
    private readonly ulong _start;

    /// <summary>Switches the machine on, and lets it come to rest.</summary>
    /// <param name="spec">The machine; its swap has to hold all pages.</param>
    /// <param name="cgroup">The program's cgroup; null: the root.</param>
    /// <param name="used">Told the page of each access up to then, for something to be compared with.</param>
    public PressedMachine(MachineSpec spec, string? cgroup = null, Action<ulong>? used = null)
    {
        Machine = Machine.Create(spec);
        _task = Machine.SystemCalls.CreateInitialTask(1, "bench");
        if (cgroup is not null)
            Machine.SystemCalls.MoveToCgroup(_task, Machine.Memcgs.Find(cgroup));
        _start = Machine.SystemCalls.Mmap(_task, 0, (ulong)Pages << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0).Address;
        for (ulong page = 0; page < Pages; page++)
        {
            if (!Machine.Access(_task, _start + (page << 12), AccessKind.Write).IsResolved)
                throw new InvalidOperationException($"page {page} could not be touched");
            used?.Invoke((_start >> 12) + page);
        }

        for (int i = 0; i < WarmUps; i++)
        {
            Draw();
            Run();
            foreach (ref readonly AccessRun run in Runs)
                used?.Invoke(run.Address >> 12);
        }
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>The accesses that were drawn.</summary>
    public ReadOnlySpan<AccessRun> Runs => _runs;

    /// <summary>Draws other accesses: the same ones again would be a smaller working set.</summary>
    public void Draw()
    {
        for (int i = 0; i < Accesses; i++)
            _runs[i] = new AccessRun(_start + ((ulong)_zipf.Next() << 12), 1, i % 4 == 0 ? AccessKind.Write : AccessKind.Read);
    }

    /// <summary>Makes them.</summary>
    public int Run() => Machine.Access(_task, _runs, out _);

    /// <summary>Prints what reclaim did, and gives the machine back.</summary>
    public void Dispose()
    {
        Console.WriteLine($"// pgfault {Machine.VmStat.PgFault}, pgmajfault {Machine.VmStat.PgMajFault}, pswpin {Machine.VmStat.PswpIn}, pswpout {Machine.VmStat.PswpOut}, refaults {Machine.VmStat.WorkingsetRefaultAnon}");
        Machine.Dispose();
    }
}
