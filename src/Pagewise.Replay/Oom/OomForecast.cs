using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Oom;

namespace Pagewise.Replay.Oom;

/// <summary>
/// Runs a host forward by amounts: growing processes take free memory, at the low watermark kswapd takes it back from page
/// cache, slabs and anonymous memory as vm.swappiness shares it, at the min watermark allocations wait for reclaim, and when
/// nothing is left to reclaim the OOM killer chooses by the kernel's rule. Times are where the straight lines meet.
/// </summary>
/// <remarks>
/// Simplified against the machine of <c>run</c>, so that a terabyte takes no longer than a gigabyte: pages are amounts, all
/// pages of a kind are equally likely to go, nothing that was reclaimed is read back, and processes other than those named
/// stay as they are. No cgroup limits.
/// </remarks>
public sealed class OomForecast
{
    private const double PagesPerTable = 512;

    /// <summary>Of a pool at most this part goes in one step, so that shares follow the sizes.</summary>
    private const double StepPart = 0.02;

    /// <summary>No step is shorter, so that the last pages of a pool take no longer than the first.</summary>
    private const double LeastStepSeconds = 1e-3;

    private readonly ForecastHost _host;
    private readonly List<OomForecastEvent> _events = [];
    private readonly Dictionary<int, (double Rate, double Grown)> _growing = [];
    private readonly HashSet<OomForecastKind> _seen = [];
    private readonly Dictionary<int, OomCandidate> _alive;
    private double _now;
    private double _free;
    private double _inactiveFile;
    private double _activeFile;
    private double _slab;
    private double _anon;
    private double _swapFree;
    private double _swapped;
    private readonly double _anonAtStart;

    private OomForecast(ForecastHost host, IEnumerable<(int Pid, double BytesPerSecond)> growth)
    {
        _host = host;
        _free = host.FreePages;
        _inactiveFile = host.InactiveFilePages;
        _activeFile = host.ActiveFilePages;
        _slab = host.SlabReclaimablePages;
        _anon = host.AnonPages;
        _anonAtStart = Math.Max(1, host.AnonPages);
        _swapFree = host.SwapFreePages;
        _alive = host.Control.Candidates.ToDictionary(one => one.Pid);
        foreach ((int pid, double rate) in growth)
        {
            if (rate > 0 && _alive.ContainsKey(pid))
                _growing[pid] = (_growing.GetValueOrDefault(pid).Rate + (rate / Pfn.SizeBytes), 0);
        }
    }

    /// <summary>What happens, in order, with the span that the uncertainty of the growth leaves.</summary>
    /// <param name="host">The host.</param>
    /// <param name="growth">Who grows how fast.</param>
    /// <param name="seconds">How far to look.</param>
    public static IReadOnlyList<OomForecastEvent> Run(ForecastHost host, IReadOnlyList<OomGrowth> growth, double seconds)
    {
        List<OomForecastEvent> likely = new OomForecast(host, growth.Select(one => (one.Pid, one.Likely))).Run(seconds);
        if (growth.All(one => one.Least == one.Most))
            return likely;
        List<OomForecastEvent> fast = new OomForecast(host, growth.Select(one => (one.Pid, one.Most))).Run(seconds);
        List<OomForecastEvent> slow = new OomForecast(host, growth.Select(one => (one.Pid, one.Least))).Run(seconds);
        var spans = new List<OomForecastEvent>(likely.Count);
        var counts = new Dictionary<OomForecastKind, int>();
        foreach (OomForecastEvent one in likely)
        {
            int number = counts[one.Kind] = counts.GetValueOrDefault(one.Kind) + 1;
            double? early = Same(fast), late = Same(slow);
            // With several growing, a faster one may also make room sooner.
            spans.Add(one with
            {
                EarliestSeconds = Math.Min(one.AtSeconds, Math.Min(early ?? one.AtSeconds, late ?? one.AtSeconds)),
                LatestSeconds = early is null || late is null ? null : Math.Max(one.AtSeconds, Math.Max(early.Value, late.Value)),
            });

            double? Same(List<OomForecastEvent> other) => other.Where(that => that.Kind == one.Kind).Skip(number - 1).FirstOrDefault()?.AtSeconds;
        }

        return spans;
    }

    private List<OomForecastEvent> Run(double seconds)
    {
        while (_now < seconds && _growing.Count > 0)
        {
            double growth = _growing.Values.Sum(one => one.Rate) * (1 + (1 / PagesPerTable));
            if (_free > _host.LowPages + 0.5)
            {
                Pass(Math.Min((_free - _host.LowPages) / growth, seconds - _now), growth);
                continue;
            }

            if (_now < seconds)
                Note(OomForecastKind.LowWatermark);
            if (!HasReclaimable)
            {
                if (_free > _host.MinPages + 0.5)
                {
                    Pass(Math.Min((_free - _host.MinPages) / growth, seconds - _now), growth);
                    continue;
                }

                Note(OomForecastKind.DirectReclaim);
                if (!Kill())
                    break;
                continue;
            }

            Reclaim(growth, seconds);
        }

        return _events;
    }

    private bool HasReclaimable => FilePool > 0.5 || (_swapFree > 0.5 && _anon > 0.5);

    private double FilePool => _inactiveFile + _activeFile + _slab;

    /// <summary>One step with reclaim: as much as is taken if reclaim keeps up, else as much as it can.</summary>
    private void Reclaim(double growth, double seconds)
    {
        double anonPart = AnonPart();
        double perFile = _host.Costs.ScanPage * 1e-9;
        double perAnon = Math.Max((_host.Costs.ScanPage + _host.Costs.SwapPage) * 1e-9, Pfn.SizeBytes / _host.SwapDevice.WriteBytesPerSecond);
        double capacity = 1 / ((anonPart * perAnon) + ((1 - anonPart) * perFile));
        double pool = Math.Max(1, anonPart > 0.5 ? Math.Min(_anon, _swapFree) : anonPart > 0 ? Math.Min(FilePool, Math.Min(_anon, _swapFree) / anonPart) : FilePool);
        double rate = Math.Min(capacity, growth);
        double most = Math.Max(LeastStepSeconds, pool * StepPart / rate);
        bool keepsUp = capacity >= growth;
        if (!keepsUp && _free > _host.MinPages + 0.5)
            most = Math.Min(most, Math.Max(LeastStepSeconds, (_free - _host.MinPages) / (growth - capacity)));
        else if (!keepsUp)
            Note(OomForecastKind.DirectReclaim);
        double span = Math.Min(most, seconds - _now);
        double slowed = !keepsUp && _free <= _host.MinPages + 0.5 ? capacity / growth : 1;
        if (anonPart > 0)
            Note(OomForecastKind.SwapBegins);
        Pass(span, growth * slowed, slowed);
        _free += Take(rate * span, anonPart);
        if (anonPart > 0 && _swapFree <= 0.5)
            Note(OomForecastKind.SwapFull);
    }

    /// <summary>The share of anonymous memory in what is reclaimed (get_scan_count).</summary>
    private double AnonPart()
    {
        if (_swapFree <= 0.5 || _anon <= 0.5)
            return 0;
        double file = _inactiveFile + _activeFile;
        if (file + _free <= _host.HighPages || FilePool <= 0.5)
            return 1;
        // Plenty of inactive page cache goes first (cache_trim_mode).
        double gib = (_inactiveFile + _activeFile) / (1 << 18);
        if (_inactiveFile * (gib > 1 ? Math.Sqrt(10 * gib) : 1) > _activeFile && _inactiveFile > 4096)
            return 0;
        double anon = _anon * _host.Swappiness;
        return anon / (anon + (FilePool * (200 - _host.Swappiness)));
    }

    /// <summary>Takes pages from the pools; how many there were.</summary>
    private double Take(double pages, double anonPart)
    {
        double anon = Math.Min(pages * anonPart, Math.Min(_anon, _swapFree));
        _anon -= anon;
        _swapFree -= anon;
        _swapped += anon;
        double file = Math.Min(pages - anon, FilePool);
        double slab = FilePool > 0 ? file * _slab / FilePool : 0;
        _slab -= slab;
        double inactive = Math.Min(file - slab, _inactiveFile);
        _inactiveFile -= inactive;
        _activeFile = Math.Max(0, _activeFile - (file - slab - inactive));
        return anon + file;
    }

    private void Pass(double seconds, double growth, double slowed = 1)
    {
        _now += seconds;
        _free = Math.Max(0, _free - (growth * seconds));
        foreach (int pid in _growing.Keys.ToArray())
        {
            (double rate, double grown) = _growing[pid];
            _growing[pid] = (rate, grown + (rate * slowed * seconds));
            _anon += rate * slowed * seconds;
        }
    }

    private bool Kill()
    {
        // The list keeps the kernel's order, which decides between equals.
        var candidates = new List<OomCandidate>(_alive.Count);
        foreach (OomCandidate one in _host.Control.Candidates)
        {
            if (_alive.ContainsKey(one.Pid))
                candidates.Add(AsOfNow(one));
        }

        OomControl control = _host.Control with { Candidates = candidates };
        OomCandidate? victim = control.Victim();
        if (victim is null)
        {
            _events.Add(new OomForecastEvent(OomForecastKind.Panic, _now, (long)_free, (long)_swapFree, null, control));
            return false;
        }

        double anonResident = _host.AnonByPid.GetValueOrDefault(victim.Pid) * (1 - SwappedPart);
        double grown = _growing.GetValueOrDefault(victim.Pid).Grown;
        _free += anonResident + grown + victim.PageTablePages;
        _anon = Math.Max(0, _anon - anonResident - grown);
        _swapFree += victim.SwapPages;
        _alive.Remove(victim.Pid);
        _growing.Remove(victim.Pid);
        _events.Add(new OomForecastEvent(OomForecastKind.Kill, _now, (long)_free, (long)_swapFree, victim, control));
        // What happened before may happen again.
        _seen.Clear();
        return true;
    }

    private double SwappedPart => Math.Min(1, _swapped / (_anonAtStart + _growing.Values.Sum(one => one.Grown)));

    private OomCandidate AsOfNow(OomCandidate one)
    {
        long moved = (long)(_host.AnonByPid.GetValueOrDefault(one.Pid) * SwappedPart);
        double grown = _growing.GetValueOrDefault(one.Pid).Grown;
        return moved == 0 && grown == 0 ? one : one with
        {
            RssPages = one.RssPages - moved + (long)grown,
            SwapPages = one.SwapPages + moved,
            PageTablePages = one.PageTablePages + (long)(grown / PagesPerTable),
        };
    }

    private void Note(OomForecastKind kind)
    {
        if (_seen.Add(kind))
            _events.Add(new OomForecastEvent(kind, _now, (long)_free, (long)_swapFree, null, null));
    }
}
