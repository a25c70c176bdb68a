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
    private readonly List<MemorySample> _samples = [];
    private double _stepNs = FirstStepNs;

    /// <summary>Begins to look at a machine.</summary>
    public MemorySampler(Machine machine)
    {
        _machine = machine;
        _samples.Add(SampleAt(machine.NowNs));
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
        _samples.Add(SampleAt(nowNs));
        NextNs = NextAfter(nowNs);
    }

    /// <summary>A look out of turn, such as before the last program ends.</summary>
    public void LookNow()
    {
        double now = _machine.NowNs;
        while (NextNs <= now)
            Look(NextNs);
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

    /// <summary>Keeps the samples at multiples of twice the step, and the first.</summary>
    private void Thin()
    {
        _stepNs *= 2;
        MemorySample first = _samples[0];
        _samples.RemoveAll(sample => sample.TimeNs / _stepNs != Math.Floor(sample.TimeNs / _stepNs));
        if (_samples.Count == 0 || _samples[0].TimeNs != first.TimeNs)
            _samples.Insert(0, first);
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
