namespace Pagewise.Kernel.Swap;

/// <summary>The transfers that a task, or kswapd, has gathered and not submitted yet (struct blk_plug, 6.1).</summary>
internal sealed class SwapPlug
{
    /// <summary>BLK_MAX_REQUEST_COUNT: a plug with as many requests is emptied before the next.</summary>
    private const int MostRequests = 32;

    /// <summary>BLK_PLUG_FLUSH_SIZE, 128 KiB: so is one whose last request is as long, in pages.</summary>
    private const uint LongRequest = 32;

    private readonly SwapIo[] _requests = new SwapIo[MostRequests];
    private int _count;

    /// <summary>Whether it has to be emptied before a transfer that continues none of its requests.</summary>
    public bool IsFull => _count == MostRequests || (_count != 0 && _requests[_count - 1].Count >= LongRequest);

    /// <summary>Lets the last request have one page more, if that is the next slot (blk_attempt_plug_merge).</summary>
    /// <param name="entry">The slot.</param>
    /// <param name="isWrite">Whether bytes go to the device.</param>
    /// <param name="mostPages">The longest request of the device, pages.</param>
    /// <returns>False: it does not continue it.</returns>
    public bool Merge(SwpEntry entry, bool isWrite, uint mostPages)
    {
        if (_count == 0)
            return false;
        ref SwapIo last = ref _requests[_count - 1];
        if (last.IsWrite != isWrite || last.Type != entry.Type || last.Offset + last.Count != entry.Offset || last.Count >= mostPages)
            return false;
        last.Count++;
        return true;
    }

    /// <summary>Begins a request; not when it <see cref="IsFull"/>.</summary>
    /// <param name="entry">The slot.</param>
    /// <param name="isWrite">Whether bytes go to the device.</param>
    public void Add(SwpEntry entry, bool isWrite) => _requests[_count++] = new SwapIo { Type = entry.Type, Offset = entry.Offset, Count = 1, IsWrite = isWrite };

    /// <summary>Takes out all requests, the first first; they stand until the next <see cref="Add"/>.</summary>
    public ReadOnlySpan<SwapIo> Take()
    {
        int count = _count;
        _count = 0;
        return _requests.AsSpan(0, count);
    }
}
