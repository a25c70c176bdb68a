using Pagewise.Abi;
using Pagewise.Malloc.Flat;

namespace Pagewise.Replay.Heap;

/// <summary>
/// Mappings that are not malloc's. The program's own calls are made again in the modelled address space, where the kernel
/// may choose other places; this keeps which recorded range lies where.
/// </summary>
internal sealed class ForeignMaps
{
    private readonly FlatAddressSpace _space;
    private readonly List<(ulong Start, ulong End, ulong Place)> _ranges = [];

    public ForeignMaps(FlatAddressSpace space, IEnumerable<(ulong Start, ulong End)> atStart)
    {
        _space = space;
        foreach ((ulong start, ulong end) in atStart)
            _ranges.Add((start, end, start));
        _ranges.Sort();
    }

    public void Make(in ForeignCall call)
    {
        switch (call.Call)
        {
            case Sysno.Mmap:
                Map(call.Result, PageUp(call.LengthBytes), call.IsFixed);
                break;
            case Sysno.Munmap:
                Unmap(call.Address, call.Address + PageUp(call.LengthBytes));
                break;
            case Sysno.Mremap:
                Unmap(call.Address, call.Address + PageUp(call.LengthBytes));
                Map(call.Result, PageUp(call.NewLengthBytes), call.IsFixed || call.Result == call.Address);
                break;
        }
    }

    private void Map(ulong recorded, ulong length, bool isFixed)
    {
        if (length == 0 || recorded + length < recorded)
            return;
        if (!isFixed)
        {
            if (_space.TryPlace(length, out ulong place))
                Occupy(recorded, recorded + length, place);
            return;
        }

        // A library's segments over the range that was mapped for it: there already. Anything else where it is free.
        if (IsCovered(recorded, recorded + length))
            return;
        Unmap(recorded, recorded + length);
        if (_space.IsFree(recorded, length))
            Occupy(recorded, recorded + length, recorded);
    }

    private void Unmap(ulong start, ulong end)
    {
        for (int i = FirstEndingAbove(start); i < _ranges.Count && _ranges[i].Start < end;)
        {
            (ulong from, ulong to, ulong place) = _ranges[i];
            _ranges.RemoveAt(i);
            if (from < start)
                _ranges.Insert(i++, (from, start, place));
            if (to > end)
                _ranges.Insert(i++, (end, to, place + (end - from)));
            ulong first = Math.Max(from, start);
            _space.Unmap(place + (first - from), Math.Min(to, end) - first);
        }
    }

    private bool IsCovered(ulong start, ulong end)
    {
        for (int i = FirstEndingAbove(start); i < _ranges.Count && _ranges[i].Start <= start; i++)
        {
            if (_ranges[i].End >= end)
                return true;
            start = _ranges[i].End;
        }

        return false;
    }

    private void Occupy(ulong start, ulong end, ulong place)
    {
        _space.Occupy(place, end - start);
        // A recording may contradict itself; the later call is right.
        for (int i = FirstEndingAbove(start); i < _ranges.Count && _ranges[i].Start < end;)
            _ranges.RemoveAt(i);
        _ranges.Insert(FirstEndingAbove(start), (start, end, place));
    }

    private int FirstEndingAbove(ulong address)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End > address)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private static ulong PageUp(ulong value) => (value + 4095) & ~4095UL;
}
