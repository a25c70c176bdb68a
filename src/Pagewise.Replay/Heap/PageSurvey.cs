using Pagewise.Malloc;

namespace Pagewise.Replay.Heap;

/// <summary>
/// Goes over the resident pages of a heap, chunk by chunk in ascending order within each part of an arena, and tells what is
/// on each.
/// </summary>
internal sealed class PageSurvey(HeapReplayer replayer, int blocks)
{
    private const ulong Page = 4096;
    private readonly long[] _pinnedPages = new long[blocks];
    private readonly double[] _pinnedBytes = new double[blocks];
    private readonly List<int> _blocksHere = [];
    private ulong _page = ulong.MaxValue;
    private ulong _next;
    private ulong _free;
    private ulong _cached;
    private ulong _top;
    private ulong _own;
    private long _livePages;
    private long _pinned;
    private ulong _pinnedFree;
    private long _cachedPages;
    private long _topPages;
    private long _ownPages;

    /// <summary>Resident pages met so far that lie in a bin's chunk altogether.</summary>
    public long FreePages { get; private set; }

    public long PinnedPages(int block) => _pinnedPages[block];

    public double PinnedBytes(int block) => _pinnedBytes[block];

    /// <summary>Adds a chunk of an arena.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="block">The live block in it, by its number; -1 for none.</param>
    public void Add(in HeapChunk chunk, int block)
    {
        if (chunk.Address != _next)
        {
            EndPart();
            // What lies before the first chunk on its page is malloc's own: the headers of heap and arena.
            _page = chunk.Address & ~(Page - 1);
            _own = chunk.Address - _page;
        }

        ulong end = chunk.Address + chunk.SizeBytes;
        for (ulong at = chunk.Address; at < end;)
        {
            ulong page = at & ~(Page - 1);
            if (page != _page)
            {
                EndPage();
                _page = page;
            }

            ulong stop = Math.Min(end, page + Page);
            if (at == page && stop - at == Page && end - stop >= 2 * Page && block < 0)
                stop = AddInterior(chunk, page, end & ~(Page - 1));
            else
                AddBytes(chunk.State, stop - at, block);
            at = stop;
        }

        _next = end;
    }

    /// <summary>Adds a block that is mapped on its own.</summary>
    public void AddMapped(in HeapChunk chunk)
    {
        for (ulong page = chunk.Address & ~(Page - 1); page < chunk.Address + chunk.SizeBytes; page += Page)
            _livePages += replayer.IsResident(page) ? 1 : 0;
    }

    public void EndPart()
    {
        EndPage();
        _next = 0;
    }

    public HeapResidence Finish() => new()
    {
        LivePages = _livePages,
        PinnedPages = _pinned,
        PinnedFreeBytes = _pinnedFree,
        CachedPages = _cachedPages,
        FreePages = FreePages,
        TopPages = _topPages,
        OwnPages = _ownPages,
    };

    // Whole pages of one chunk that is no block: counted without going through their bytes.
    private ulong AddInterior(in HeapChunk chunk, ulong page, ulong end)
    {
        for (; page < end; page += Page)
        {
            if (!replayer.IsResident(page))
                continue;
            switch (chunk.State)
            {
                case HeapChunkState.Top:
                    _topPages++;
                    break;
                case HeapChunkState.Tcache or HeapChunkState.Fast:
                    _cachedPages++;
                    break;
                case HeapChunkState.Unsorted or HeapChunkState.Small or HeapChunkState.Large:
                    FreePages++;
                    break;
                default:
                    _livePages++;
                    break;
            }
        }

        _page = ulong.MaxValue;
        return end;
    }

    private void AddBytes(HeapChunkState state, ulong bytes, int block)
    {
        switch (state)
        {
            case HeapChunkState.Top:
                _top += bytes;
                break;
            case HeapChunkState.Tcache or HeapChunkState.Fast:
                _cached += bytes;
                break;
            case HeapChunkState.Unsorted or HeapChunkState.Small or HeapChunkState.Large:
                _free += bytes;
                break;
            default:
                if (block >= 0)
                    _blocksHere.Add(block);
                else
                    _own += bytes;
                break;
        }
    }

    private void EndPage()
    {
        if (_page != ulong.MaxValue && replayer.IsResident(_page))
            CountPage();
        (_page, _free, _cached, _top, _own) = (ulong.MaxValue, 0, 0, 0, 0);
        _blocksHere.Clear();
    }

    private void CountPage()
    {
        ulong free = _free + _cached + _top;
        if (_blocksHere.Count > 0)
        {
            if (free == 0)
            {
                _livePages++;
                return;
            }

            _pinned++;
            _pinnedFree += free;
            double share = (double)free / _blocksHere.Count;
            foreach (int block in _blocksHere)
            {
                _pinnedPages[block]++;
                _pinnedBytes[block] += share;
            }
        }
        else if (_own > 0)
        {
            _ownPages++;
        }
        else if (_cached > 0)
        {
            _cachedPages++;
        }
        else if (_free > 0)
        {
            FreePages++;
        }
        else
        {
            _topPages++;
        }
    }
}
