namespace Pagewise.Kernel.PageCache;

/// <content>What the next window is.</content>
public sealed partial class Readahead
{
    /// <summary>Before 6.11: missing and marked pages are decided on together (ondemand_readahead).</summary>
    private void OnDemand(ref FileRaState ra, int inode, ulong index, ulong request, bool isMarked)
    {
        ulong max = MaxPages(in ra, request);
        if (index == 0)
        {
            SetInitial(ref ra, index, request, max);
        }
        else if (index == ra.Start + ra.Size - ra.AsyncSize || index == ra.Start + ra.Size)
        {
            SetNext(ref ra, max);
        }
        else if (isMarked)
        {
            // One past the last page looked at is as good as a page that is missing.
            ulong start = Math.Min(NextMiss(inode, index + 1, max), index + max);
            SetAfterMark(ref ra, index, start, request, max);
        }
        else if (request > max || IsSequential(in ra, index))
        {
            SetInitial(ref ra, index, request, max);
        }
        else if (!SetFromHistory(ref ra, inode, index, request, max))
        {
            Read(inode, index, request, 0);
            return;
        }

        // The page that is read now would be the marked one: the next window is joined to this one.
        if (index == ra.Start && ra.Size == ra.AsyncSize)
        {
            ulong next = ra.NextSize(max);
            if (ra.Size + next <= max)
            {
                ra.AsyncSize = next;
                ra.Size += next;
            }
            else
            {
                ra.Size = max;
                ra.AsyncSize = max / 2;
            }
        }

        Read(inode, ra.Start, ra.Size, ra.AsyncSize);
    }

    /// <summary>6.11: a page is missing (page_cache_sync_ra).</summary>
    private void OnMiss(ref FileRaState ra, int inode, ulong index, ulong request)
    {
        ulong max = MaxPages(in ra, request);
        if (index == 0 || request > max || IsSequential(in ra, index))
        {
            SetInitial(ref ra, index, request, max);
        }
        else if (!SetFromHistory(ref ra, inode, index, request, max))
        {
            Read(inode, index, request, 0);
            return;
        }

        Read(inode, ra.Start, ra.Size, ra.AsyncSize);
    }

    /// <summary>6.11: a marked page was used (page_cache_async_ra).</summary>
    private void OnMark(ref FileRaState ra, int inode, ulong index, ulong request)
    {
        ulong max = MaxPages(in ra, request);
        if (index == ra.Start + ra.Size - ra.AsyncSize)
        {
            SetNext(ref ra, max);
        }
        else
        {
            ulong start = NextMiss(inode, index + 1, max);
            if (start - index > max)
                return;
            SetAfterMark(ref ra, index, start, request, max);
        }

        Read(inode, ra.Start, ra.Size, ra.AsyncSize);
    }

    /// <summary>The start of a file, a read longer than the window, or a miss where the last read ended.</summary>
    private void SetInitial(ref FileRaState ra, ulong index, ulong request, ulong max)
    {
        ra.Start = index;
        ra.Size = FileRaState.InitialSize(request, max);
        if (ra.Size > request)
            ra.AsyncSize = ra.Size - request;
        else
            ra.AsyncSize = _knowsSides ? ra.Size / 2 : ra.Size;
    }

    /// <summary>The page that was expected: the window moves on and grows. It never shrinks, so one long read keeps it long.</summary>
    private static void SetNext(ref FileRaState ra, ulong max)
    {
        ra.Start += ra.Size;
        ra.Size = Math.Max(ra.Size, ra.NextSize(max));
        ra.AsyncSize = ra.Size;
    }

    /// <summary>A mark that another stream or file has left: the window goes on where the cached pages end.</summary>
    private static void SetAfterMark(ref FileRaState ra, ulong index, ulong start, ulong request, ulong max)
    {
        ra.Start = start;
        ra.Size = start - index + request;
        ra.Size = ra.NextSize(max);
        ra.AsyncSize = ra.Size;
    }

    /// <summary>Whether a miss follows the last read, or is in the page where it ended.</summary>
    private static bool IsSequential(in FileRaState ra, ulong index) => index - ((ulong)ra.PreviousPosition >> 12) <= 1;

    /// <summary>Pages cached directly below a miss are the trace of a stream (try_context_readahead); false: it is a lone read.</summary>
    private bool SetFromHistory(ref FileRaState ra, int inode, ulong index, ulong request, ulong max)
    {
        ulong history = HistoryPages(inode, index, max);
        if (history <= request)
            return false;
        // Cached from the file's start: a long stream.
        if (history >= index)
            history *= 2;
        ra.Start = index;
        ra.Size = Math.Min(history + request, max);
        ra.AsyncSize = 1;
        return true;
    }
}
