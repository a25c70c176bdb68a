using Pagewise.Kernel;
using Pagewise.Kernel.Cgroups;
using Pagewise.Replay.Heap;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay.Oom;

/// <summary>
/// Finds by bisection how small the memory.max of a container may be for a recorded program: where it first reclaims, where
/// what it reclaimed comes back, where it crawls, where it dies. Each try is a run of the recording on a machine of its own; it is
/// ended when it takes more than <see cref="MostTimes"/> times as long as without a limit, for a program that only waits for what it
/// just lost is of no use, and its run takes hours.
/// </summary>
/// <remarks>
/// Assumed: what happens at a limit happens at every smaller one too. Near a threshold that need not be so by a few pages,
/// for reclaim takes pages in batches.
/// </remarks>
public sealed class LimitSearch
{
    private const ulong PageBytes = 4096;

    /// <summary>Steps between the program's peak and nothing: thresholds are found to this part of the peak.</summary>
    private const ulong Steps = 4096;

    /// <summary>A run is ended when it takes so many times as long as the one without a limit.</summary>
    public const int MostTimes = 10;

    /// <summary>What a recorded access takes besides, nanoseconds: virtual time has the kernel's part and that of translation alone.</summary>
    private const double OwnNsOfAccess = 1;

    private readonly string _file;
    private readonly Func<MachineSpec, MachineSpec> _configure;
    private readonly TouchAssumption? _touch;
    private readonly Action<int>? _tried;
    private readonly SortedDictionary<ulong, LimitTrial> _trials = [];
    private double _mostNs = double.PositiveInfinity;
    private long _accesses;

    private LimitSearch(string file, Func<MachineSpec, MachineSpec> configure, TouchAssumption? touch, Action<int>? tried)
    {
        _file = file;
        _configure = configure;
        _touch = touch;
        _tried = tried;
    }

    /// <summary>The cgroup that the program runs in.</summary>
    public const string Path = "/program";

    /// <summary>Finds the thresholds.</summary>
    /// <param name="file">The recording; it is read once for each try.</param>
    /// <param name="configure">Changes the machine that the recording names: swap, memory.</param>
    /// <param name="touch">What is assumed where accesses were not recorded; null: as for run.</param>
    /// <param name="tried">Told how many runs are done.</param>
    /// <returns>The run without a limit, and the thresholds.</returns>
    /// <exception cref="RecordingException">The recording cannot be read.</exception>
    /// <exception cref="ReplayException">The machine cannot be.</exception>
    public static (LimitTrial Unlimited, IReadOnlyList<LimitThreshold> Thresholds) Find(
        string file, Func<MachineSpec, MachineSpec> configure, TouchAssumption? touch, Action<int>? tried = null)
    {
        var search = new LimitSearch(file, configure, touch, tried);
        LimitTrial unlimited = search.Try(CgroupSpec.Max);
        search._mostNs = unlimited.TimeNs + ((MostTimes - 1) * (unlimited.TimeNs + (search._accesses * OwnNsOfAccess)));
        ulong peak = Math.Max((ulong)unlimited.PeakBytes / PageBytes, 1);
        LimitThreshold refaults = search.Bisect("refaults", unlimited, peak, static trial => trial.Refaults > 0 || trial.Ooms > 0);
        return (unlimited,
        [
            search.Bisect("reclaims", unlimited, peak, static trial => trial.Scanned > 0 || trial.Ooms > 0),
            // Below the size at which it dies nothing has the time to come back.
            refaults.Below is { Refaults: 0 } ? refaults with { Below = null } : refaults,
            search.Bisect("crawls", unlimited, peak, static trial => trial.IsCut || trial.Ooms > 0),
            search.Bisect("dies", unlimited, peak, static trial => trial.Ooms > 0),
        ]);
    }

    private LimitThreshold Bisect(string name, LimitTrial unlimited, ulong peakPages, Func<LimitTrial, bool> happens)
    {
        ulong step = Math.Max(peakPages / Steps, 1);
        // Charges go by batches, so a program can need a little more than its peak to be left alone.
        ulong above = peakPages + ((ulong)MemCgroups.ChargeBatch * 2);
        ulong below = 1;
        LimitTrial aboveTrial = Try(above * PageBytes);
        if (happens(aboveTrial))
            return new LimitThreshold(name, unlimited, aboveTrial);
        LimitTrial belowTrial = Try(below * PageBytes);
        if (!happens(belowTrial))
            return new LimitThreshold(name, belowTrial, null);
        while (above - below > step)
        {
            ulong middle = below + ((above - below) / 2);
            LimitTrial trial = Try(middle * PageBytes);
            if (happens(trial))
                (below, belowTrial) = (middle, trial);
            else
                (above, aboveTrial) = (middle, trial);
        }

        return new LimitThreshold(name, aboveTrial, belowTrial);
    }

    private LimitTrial Try(ulong limitBytes)
    {
        if (_trials.TryGetValue(limitBytes, out LimitTrial? known))
            return known;
        using RecordingReader reader = RecordingReader.Open(_file);
        var options = new ReplayOptions
        {
            Mode = ReplayMode.Free,
            Touch = _touch ?? (reader.IsHeap ? TouchAssumption.Write : TouchAssumption.None),
            Configure = spec => _configure(spec) with { Cgroups = [new CgroupSpec(Path) { MemoryMax = limitBytes }] },
            DifferenceLimit = 0,
        };
        using var replayer = new Replayer(reader, options) { HeapPlayer = new TaskHeap(_file, options.Touch) };
        var end = new TrialEnd(_mostNs);
        replayer.Observer = end;
        bool starts = true;
        try
        {
            replayer.Run();
        }
        catch (ReplayException) when (limitBytes != CgroupSpec.Max && replayer.Machine.Memcgs[replayer.Machine.Memcgs.Find(Path)].Memory.FailCount > 0)
        {
            // Not even the program's start fits.
            starts = false;
        }

        _accesses = Math.Max(_accesses, replayer.Accesses);
        Machine machine = replayer.Machine;
        MemCgroup group = machine.Memcgs[machine.Memcgs.Find(Path)];
        var trial = new LimitTrial(
            limitBytes,
            group.Memory.Watermark * (long)PageBytes,
            group.Events[(int)MemcgEvent.Max],
            group.Stats[(int)MemcgStat.PgScanDirect] + group.Stats[(int)MemcgStat.PgScanKswapd],
            group.Stats[(int)MemcgStat.PgStealDirect] + group.Stats[(int)MemcgStat.PgStealKswapd],
            group.Stats[(int)MemcgStat.WorkingsetRefaultAnon] + group.Stats[(int)MemcgStat.WorkingsetRefaultFile],
            group.Swap.Watermark * (long)PageBytes,
            Math.Max(group.Events[(int)MemcgEvent.Oom], starts ? 0 : 1),
            group.Stats[(int)MemcgStat.PgMajFault],
            machine.NowNs,
            end.IsReached);
        _trials.Add(limitBytes, trial);
        _tried?.Invoke(_trials.Count);
        return trial;
    }
}
