using Pagewise.Kernel;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Reports.Series;

/// <summary>
/// Looks at a machine at equal steps of virtual time. How long a run will be is not known before: when there are too
/// many samples every other one goes and steps become twice as long.
/// </summary>
public sealed class MemorySampler : ITimeProbe
{
    /// <summary>Samples at most.</summary>
    public const int MostSamples = 512;

    private const double FirstStepNs = 1000;

    private readonly Machine _machine;
    private readonly ISampleFollower? _follower;
    private readonly List<MemorySample> _samples = [];
    private double _stepNs = FirstStepNs;

    /// <summary>Begins to look at a machine.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="follower">Who keeps something for each sample; null: nobody.</param>
    public MemorySampler(Machine machine, ISampleFollower? follower = null)
    {
        _machine = machine;
        _follower = follower;
        Take(machine.NowNs);
        NextNs = NextAfter(machine.NowNs);
        machine.Events.Probe = this;
    }

    /// <inheritdoc/>
    public double NextNs { get; private set; }

    /// <inheritdoc/>
    public void Look(double nowNs)
    {
        if (_samples.Count == MostSamples)
            Thin();
        Take(nowNs);
        NextNs = NextAfter(nowNs);
    }

    /// <summary>Looks at the moments that have come while nobody entered the kernel: the accesses of a batch hit the TLB.</summary>
    /// <param name="nowNs">Virtual time.</param>
    public void CatchUp(double nowNs)
    {
        while (NextNs <= nowNs)
            Look(NextNs);
    }

    /// <summary>A look out of turn, such as before the last program ends.</summary>
    public void LookNow()
    {
        double now = _machine.NowNs;
        CatchUp(now);
        if (_samples[^1].TimeNs < now)
            Look(now);
    }

    /// <summary>What was seen up to now.</summary>
    public MemorySeries Series()
    {
        long min = 0, low = 0, high = 0;
        for (int index = 0; index < _machine.Zones.ZoneCount; index++)
        {
            ref Zone zone = ref _machine.Zones[index];
            if (!zone.IsPopulated)
                continue;
            min += zone.Watermark[(int)Watermark.Min];
            low += zone.Watermark[(int)Watermark.Low];
            high += zone.Watermark[(int)Watermark.High];
        }

        return new MemorySeries { StepNs = _stepNs, Min = min, Low = low, High = high, Samples = [.. _samples] };
    }

    private double NextAfter(double nowNs) => (Math.Floor(nowNs / _stepNs) + 1) * _stepNs;

    private void Take(double nowNs)
    {
        _samples.Add(SampleAt(nowNs));
        _follower?.Sampled();
    }

    /// <summary>Keeps the samples at multiples of twice the step, and the first.</summary>
    private void Thin()
    {
        _stepNs *= 2;
        for (int index = _samples.Count - 1; index > 0; index--)
        {
            double time = _samples[index].TimeNs;
            if (time / _stepNs == Math.Floor(time / _stepNs))
                continue;
            _samples.RemoveAt(index);
            _follower?.Removed(index);
        }
    }

    private MemorySample SampleAt(double nowNs)
    {
        VmStat stat = _machine.VmStat;
        LruLists lru = _machine.Lru;
        long free = 0;
        for (int index = 0; index < _machine.Zones.ZoneCount; index++)
            free += _machine.Zones[index].FreePages;
        return new MemorySample
        {
            TimeNs = nowNs,
            Free = free,
            InactiveAnon = lru.Pages(LruList.InactiveAnon),
            ActiveAnon = lru.Pages(LruList.ActiveAnon),
            InactiveFile = lru.Pages(LruList.InactiveFile),
            ActiveFile = lru.Pages(LruList.ActiveFile),
            Unevictable = lru.Pages(LruList.Unevictable),
            SwapUsed = _machine.Swap.UsedPages,
            Dirty = stat.NrDirty,
            Writeback = stat.NrWriteback,
            Faults = stat.PgFault,
            MajorFaults = stat.PgMajFault,
            Refaults = stat.WorkingsetRefaultAnon + stat.WorkingsetRefaultFile,
            KswapdRuns = stat.PageOutRun,
            ScanKswapd = stat.PgScanKswapd,
            ScanDirect = stat.PgScanDirect,
        };
    }
}
