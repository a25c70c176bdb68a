using System.Runtime.InteropServices;
using Pagewise.Abi;

namespace Pagewise.Reports.RunFiles;

/// <summary>
/// Accesses by process, region and stretch of time, from a sample of their runs. Where there are too many regions, two
/// become one.
/// </summary>
internal sealed class HeatMap
{
    /// <summary>After the first <see cref="AllRuns"/> runs one of so many is looked at, on average.</summary>
    public const int Sampling = 64;

    private const int AllRuns = 1 << 14;
    private const int FirstShift = 21;
    private const int LastShift = 47;
    private const int MostCells = 150_000;

    private readonly List<Dictionary<(int Pid, ulong Region), long>> _intervals = [];
    private Dictionary<(int Pid, ulong Region), long> _current = [];
    private int _closedCells;
    private long _runs;
    private long _next;
    private uint _random = 1;

    /// <summary>Bytes of a region, as a power of two.</summary>
    public int RegionShift { get; private set; } = FirstShift;

    /// <summary>Takes runs of accesses.</summary>
    public void Access(int pid, ReadOnlySpan<AccessRun> runs)
    {
        long end = _runs + runs.Length;
        while (_next < end)
        {
            ref readonly AccessRun run = ref runs[(int)(_next - _runs)];
            long step = 1;
            if (_next >= AllRuns)
            {
                // An even step would see always the same place of a loop.
                _random = (_random * 1664525) + 1013904223;
                step = 1 + (_random >> 25);
            }

            // Steps are 1 to 128, 64.5 on average; each run seen stands for the runs up to the next.
            CollectionsMarshal.GetValueRefOrAddDefault(_current, (pid, run.Address >> RegionShift), out _) += run.Count * step;
            _next += step;
        }

        _runs = end;
        if (_current.Count + _closedCells > MostCells)
            Coarsen();
    }

    /// <summary>The current stretch ends.</summary>
    public void Close()
    {
        _intervals.Add(_current);
        _closedCells += _current.Count;
        _current = [];
    }

    /// <summary>A stretch becomes part of the one after it.</summary>
    public void Merge(int index)
    {
        Dictionary<(int Pid, ulong Region), long> from = _intervals[index];
        Dictionary<(int Pid, ulong Region), long> into = index + 1 < _intervals.Count ? _intervals[index + 1] : _current;
        _intervals.RemoveAt(index);
        foreach (((int, ulong) place, long accesses) in from)
            CollectionsMarshal.GetValueRefOrAddDefault(into, place, out _) += accesses;
        CountCells();
    }

    /// <summary>The accesses of each stretch, ordered.</summary>
    /// <param name="idOf">The sample that ends the stretch at a place.</param>
    public IReadOnlyList<RunHeat> Rows(Func<int, long> idOf)
    {
        var rows = new List<RunHeat>();
        for (int index = 0; index < _intervals.Count; index++)
        {
            foreach (KeyValuePair<(int Pid, ulong Region), long> cell in _intervals[index].OrderBy(cell => cell.Key))
                rows.Add(new RunHeat(idOf(index), cell.Key.Pid, cell.Key.Region, cell.Value));
        }

        return rows;
    }

    private void Coarsen()
    {
        while (_current.Count + _closedCells > MostCells / 2 && RegionShift < LastShift)
        {
            RegionShift++;
            for (int index = 0; index < _intervals.Count; index++)
                _intervals[index] = Halved(_intervals[index]);
            _current = Halved(_current);
            CountCells();
        }
    }

    private static Dictionary<(int Pid, ulong Region), long> Halved(Dictionary<(int Pid, ulong Region), long> fine)
    {
        var coarse = new Dictionary<(int Pid, ulong Region), long>();
        foreach (((int pid, ulong region), long accesses) in fine)
            CollectionsMarshal.GetValueRefOrAddDefault(coarse, (pid, region >> 1), out _) += accesses;
        return coarse;
    }

    private void CountCells() => _closedCells = _intervals.Sum(interval => interval.Count);
}
