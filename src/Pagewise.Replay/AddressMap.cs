namespace Pagewise.Replay;

/// <summary>
/// Where the recording's addresses lie in the modelled address space: intervals, each moved by a constant. What no
/// interval covers stands for itself. When every area lies where it was recorded the map is empty.
/// </summary>
public sealed class AddressMap
{
    private readonly List<Interval> _intervals = [];
    private int _last;

    /// <summary>An empty map: every address stands for itself.</summary>
    public AddressMap()
    {
    }

    /// <summary>A copy, as fork makes one.</summary>
    public AddressMap(AddressMap other) => _intervals.AddRange(other._intervals);

    /// <summary>Whether every address stands for itself.</summary>
    public bool IsIdentity => _intervals.Count == 0;

    /// <summary>The modelled address of a recorded one.</summary>
    public ulong Translate(ulong recorded)
    {
        if (_intervals.Count == 0)
            return recorded;
        int index = Find(recorded);
        return index >= 0 && _intervals[index].Contains(recorded) ? recorded + _intervals[index].Delta : recorded;
    }

    /// <summary>How far from a recorded address the same constant holds: one past the last such address.</summary>
    public ulong PieceEnd(ulong recorded)
    {
        int index = Find(recorded);
        if (index >= 0 && _intervals[index].Contains(recorded))
            return _intervals[index].End;
        return index + 1 < _intervals.Count ? _intervals[index + 1].Start : ulong.MaxValue;
    }

    /// <summary>The recorded address of a modelled one, or the address itself where no interval leads to it.</summary>
    public ulong TranslateBack(ulong modelled)
    {
        foreach (Interval interval in _intervals)
        {
            if (interval.Contains(modelled - interval.Delta))
                return modelled - interval.Delta;
        }

        return modelled;
    }

    /// <summary>Says that [recorded, recorded + length) lies at <paramref name="modelled"/>, whatever lay there before.</summary>
    public void Add(ulong recorded, ulong modelled, ulong lengthBytes)
    {
        ulong end = recorded + lengthBytes < recorded ? ulong.MaxValue : recorded + lengthBytes;
        Remove(recorded, end);
        if (recorded == modelled || end == recorded)
            return;
        int index = Find(recorded) + 1;
        ulong delta = modelled - recorded;
        if (index > 0 && _intervals[index - 1].End == recorded && _intervals[index - 1].Delta == delta)
            _intervals[index - 1] = _intervals[index - 1] with { End = end };
        else
            _intervals.Insert(index, new Interval(recorded, end, delta));
    }

    /// <summary>Forgets [start, end): it stands for itself again.</summary>
    public void Remove(ulong start, ulong end)
    {
        if (_intervals.Count == 0 || end <= start)
            return;
        int index = Math.Max(0, Find(start));
        while (index < _intervals.Count && _intervals[index].Start < end)
        {
            Interval interval = _intervals[index];
            if (interval.End <= start)
            {
                index++;
                continue;
            }

            _intervals.RemoveAt(index);
            if (interval.End > end)
                _intervals.Insert(index, interval with { Start = end });
            if (interval.Start < start)
                _intervals.Insert(index++, interval with { End = start });
        }
    }

    /// <summary>Forgets everything, as execve does.</summary>
    public void Clear() => _intervals.Clear();

    // The last interval that starts at or below the address, or -1. Recordings walk through memory, so the interval
    // used last is tried first.
    private int Find(ulong address)
    {
        int last = _last;
        if (last < _intervals.Count && _intervals[last].Contains(address))
            return last;
        int low = 0, high = _intervals.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_intervals[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }

        if (low > 0)
            _last = low - 1;
        return low - 1;
    }

    private readonly record struct Interval(ulong Start, ulong End, ulong Delta)
    {
        public bool Contains(ulong address) => address - Start < End - Start;
    }
}
