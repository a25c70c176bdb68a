using System.Numerics;
using Pagewise.Abi;

namespace Pagewise.Malloc;

/// <content>Parameters: mallopt(3), the tunables, malloc_trim(3).</content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private bool _alwaysFailMorecore;

    private MapFlags HugeTlbSizeFlags => (MapFlags)((uint)BitOperations.Log2(_mp.HpPagesize) << 26);

    /// <summary>mallopt(3): 1 on success, 0 when a value is refused. Unknown parameters are accepted without effect.</summary>
    public int Mallopt(int parameter, int value)
    {
        MallocConsolidate(_mainArena);
        ulong size = Word((ulong)(long)value);
        switch (parameter)
        {
            case (int)MalloptParameter.MxFast:
                return SetMxfast(size);
            case (int)MalloptParameter.TrimThreshold:
                SetTrimThreshold(size);
                return 1;
            case (int)MalloptParameter.TopPad:
                SetTopPad(size);
                return 1;
            case (int)MalloptParameter.MmapThreshold:
                return SetMmapThreshold(size);
            case (int)MalloptParameter.MmapMax:
                SetMmapMax(value);
                return 1;
            case (int)MalloptParameter.Perturb:
                _perturb = value;
                return 1;
            case (int)MalloptParameter.ArenaTest when value > 0:
                _mp.ArenaTest = size;
                return 1;
            case (int)MalloptParameter.ArenaMax when value > 0:
                _mp.ArenaMax = size;
                return 1;
            default:
                return 1;
        }
    }

    /// <summary>malloc_trim(3): 1 when memory was, or may have been, given back.</summary>
    public int MallocTrim(ulong pad)
    {
        bool result = false;
        ulong av = _mainArena;
        do
        {
            result |= Mtrim(av, pad);
            av = NextArena(av);
        }
        while (av != _mainArena);
        return result ? 1 : 0;
    }

    private int SetMxfast(ulong value)
    {
        if (!TRelease.HasFastbins)
            return 1;
        if (value > MaxFastSize)
            return 0;
        SetMaxFast(value);
        return 1;
    }

    private void SetTrimThreshold(ulong value)
    {
        _mp.TrimThreshold = value;
        _mp.NoDynThreshold = true;
    }

    private void SetTopPad(ulong value)
    {
        _mp.TopPad = value;
        _mp.NoDynThreshold = true;
    }

    private int SetMmapThreshold(ulong value)
    {
        if (!TRelease.MmapThresholdUnlimited && value > MmapThresholdMax)
            return 0;
        _mp.MmapThreshold = value;
        _mp.NoDynThreshold = true;
        return 1;
    }

    private void SetMmapMax(int value)
    {
        _mp.NMmapsMax = value;
        _mp.NoDynThreshold = true;
    }

    private void ApplyTunables(MallocTunables tunables)
    {
        if (tunables.TopPad is { } topPad)
            SetTopPad(Word(topPad));
        if (tunables.Perturb is { } perturb)
            _perturb = perturb;
        if (tunables.MmapMax is { } mmapMax)
            SetMmapMax(mmapMax);
        if (tunables.MmapThreshold is { } mmapThreshold)
            _ = SetMmapThreshold(Word(mmapThreshold));
        if (tunables.TrimThreshold is { } trimThreshold)
            SetTrimThreshold(Word(trimThreshold));
        if (tunables.ArenaMax is { } arenaMax)
            _mp.ArenaMax = Word(arenaMax);
        if (tunables.ArenaTest is { } arenaTest)
            _mp.ArenaTest = Word(arenaTest);
        if (tunables.TcacheMax is { } tcacheMax)
            SetTcacheMax(tcacheMax);

        if (tunables.TcacheCount is { } tcacheCount && tcacheCount <= ushort.MaxValue)
            _mp.TcacheCount = tcacheCount;
        if (tunables.TcacheUnsortedLimit is { } limit)
            _mp.TcacheUnsortedLimit = Word(limit);
        if (tunables.Mxfast is { } mxfast)
            _ = SetMxfast(Word(mxfast));
        if (TRelease.HasHugetlb && tunables.Hugetlb is { } hugetlb)
            ApplyHugetlb(hugetlb);
    }

    // A value out of range is not taken at all.
    private void SetTcacheMax(ulong value)
    {
        if (TRelease.TcacheLargeBins == 0)
        {
            if (value > MaxTcacheSize)
                return;
            _mp.TcacheMaxBytes = value;
            _mp.TcacheBins = Csize2Tidx(Request2Size(value)) + 1;
            _mp.TcacheLimit = MinSize + (_mp.TcacheBins * TAbi.MallocAlignment);
            return;
        }

        if (value > PtrdiffMax)
            return;
        ulong nb = Request2Size(value);
        ulong index = Csize2Tidx(nb);
        bool large = TRelease.TcacheLimitIsInclusive ? index >= TcacheSmallBins : nb > MaxTcacheSize;
        if (large)
            index = LargeCsize2Tidx(nb);
        if (index >= TcacheAllBins)
            return;
        if (index < TcacheSmallBins)
            _mp.TcacheBins = index + 1;
        _mp.TcacheMaxBytes = value;
        _mp.TcacheLimit = TRelease.TcacheLimitIsInclusive ? nb + 1 : nb;
    }

    private void ApplyHugetlb(ulong value)
    {
        if (value == 1)
            _mp.ThpPagesize = _options.ThpSizeBytes;
        else if (value == 2)
            _mp.HpPagesize = _options.HugetlbSizeBytes;
        else if (value > 2 && value == _options.HugetlbSizeBytes)
            _mp.HpPagesize = value;
        _alwaysFailMorecore = _mp.HpPagesize > 0;
    }
}
