using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Tests.PageCache;

/// <summary>
/// Readahead of one file through one descriptor, written down from the rules of the recordings (README-file.md, "Read-ahead rules")
/// and not from the kernel's code: sets of pages, nothing else.
/// </summary>
internal sealed class NaiveReadahead(int raPages, int ioPages, long sizePages)
{
    private readonly SortedSet<long> _cached = [];
    private readonly HashSet<long> _marked = [];
    private long _start;
    private long _size;
    private long _async;
    private long _previousEnd = -1;
    private long _ra = raPages;
    private bool _isRandom;

    public IReadOnlyCollection<long> Cached => _cached;

    /// <summary>START+PAGES~LOOKAHEAD of each window.</summary>
    public List<string> Windows { get; } = [];

    public void Advise(Fadvice advice, long offset, long length)
    {
        switch (advice)
        {
            case Fadvice.Normal:
                (_ra, _isRandom) = (raPages, false);
                break;
            case Fadvice.Random:
                _isRandom = true;
                break;
            case Fadvice.Sequential:
                (_ra, _isRandom) = (raPages * 2L, false);
                break;
            case Fadvice.WillNeed when length == 0:
                Force(offset >> 12, long.MaxValue);
                break;
            case Fadvice.WillNeed:
                WillRead(offset, length);
                break;
            case Fadvice.DontNeed:
                // Whole pages, the last one of the file too; its size is one of whole pages.
                long end = length == 0 ? sizePages : Math.Min((offset + length) >> 12, sizePages);
                for (long page = (offset + 4095) >> 12; page < end; page++)
                    _ = _cached.Remove(page) && _marked.Remove(page);
                break;
        }
    }

    public void WillRead(long offset, long length) => Force(offset >> 12, ((offset + length - 1) >> 12) - (offset >> 12) + 1);

    public void Read(long offset, long length)
    {
        long end = Math.Min(offset + length, sizePages << 12), last = (offset + length - 1) >> 12;
        for (long page = offset >> 12; page << 12 < end; _previousEnd = Math.Min(page << 12, end))
        {
            if (!_cached.Contains(page))
                Sync(page, last + 1 - page);
            if (_cached.Add(page))
            {
                page++; // the window lay further on: read by itself
                continue;
            }

            for (int taken = 0; taken < 15 && page << 12 < end && _cached.Contains(page); taken++)
            {
                if (!_marked.Remove(page++))
                    continue;
                if (_ra != 0)
                    OnDemand(page - 1, last + 2 - page, true);
                break;
            }
        }
    }

    private void Sync(long page, long request)
    {
        if (_ra == 0)
            Force(page, 1);
        else if (_isRandom)
            Force(page, request);
        else
            OnDemand(page, request, false);
    }

    private void Force(long page, long pages)
    {
        for (long left = Math.Min(pages, Math.Max(ioPages, _ra)); left > 0; left -= 512, page += 512)
            Submit(page, Math.Min(left, 512), 0);
    }

    private void OnDemand(long page, long request, bool isMarked)
    {
        long most = request > _ra ? Math.Max(_ra, Math.Min(request, ioPages)) : _ra;
        if (page == 0)
        {
            Initial(page, request, most);
        }
        else if (page == _start + _size - _async || page == _start + _size)
        {
            _start += _size;
            _async = _size = Math.Max(_size, Next(_size, most));
        }
        else if (isMarked)
        {
            long absent = page + 1;
            while (absent < page + most && _cached.Contains(absent))
                absent++;
            _start = absent;
            _async = _size = Next(absent - page + request, most);
        }
        else if (request > most || (_previousEnd >= 0 && page - (_previousEnd >> 12) is 0 or 1))
        {
            Initial(page, request, most);
        }
        else if (!Context(page, request, most))
        {
            return;
        }

        if (page == _start && _size == _async)
        {
            long next = Next(_size, most);
            (_size, _async) = _size + next <= most ? (_size + next, next) : (most, most / 2);
        }

        Submit(_start, _size, _async);
    }

    // Pages below tell of a stream; false if they do not, and just what was asked for was read.
    private bool Context(long page, long request, long most)
    {
        long below = 0;
        while (below < most - 1 && below < page && _cached.Contains(page - 1 - below))
            below++;
        if (below <= request)
        {
            Submit(page, request, 0);
            return false;
        }

        (_start, _size, _async) = (page, Math.Min((below >= page ? below * 2 : below) + request, most), 1);
        return true;
    }

    private void Initial(long page, long request, long most)
    {
        long power = 1;
        while (power < request)
            power *= 2;
        _start = page;
        _size = power <= most / 32 ? 4 * power : power <= most / 4 ? 2 * power : most;
        _async = _size > request ? _size - request : _size;
    }

    private static long Next(long size, long most) => size < most / 16 ? 4 * size : size <= most / 2 ? 2 * size : most;

    private void Submit(long start, long pages, long lookahead)
    {
        pages = Math.Min(pages, sizePages - start);
        if (pages <= 0)
            return;
        for (long page = start; page < start + pages; page++)
        {
            if (_cached.Add(page) && lookahead > 0 && page == start + pages - lookahead)
                _ = _marked.Add(page);
        }

        Windows.Add($"{start}+{pages}~{lookahead}");
    }
}
