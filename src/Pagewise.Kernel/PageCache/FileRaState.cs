namespace Pagewise.Kernel.PageCache;

/// <summary>Readahead of one open file: Linux's file_ra_state (include/linux/fs.h). Pages unless said otherwise.</summary>
public struct FileRaState
{
    /// <summary>Where the last window started (start).</summary>
    public ulong Start;

    /// <summary>Pages of the last window (size).</summary>
    public ulong Size;

    /// <summary>Pages at the window's end that were read ahead of need: the mark stands on the first of them (async_size).</summary>
    public ulong AsyncSize;

    /// <summary>The longest window; 0: no readahead (ra_pages).</summary>
    public ulong RaPages;

    /// <summary>Faults that missed less those that hit (mmap_miss): above <see cref="LotsOfMisses"/> faults read one page only.</summary>
    public uint MmapMiss;

    /// <summary>posix_fadvise(RANDOM): a miss reads what was asked for and no more (FMODE_RANDOM).</summary>
    public bool IsRandom;

    /// <summary>Bytes: the end of what was read last; −1 before the first read (prev_pos).</summary>
    public long PreviousPosition;

    /// <summary><c>MMAP_LOTSAMISS</c>.</summary>
    public const uint LotsOfMisses = 100;

    /// <summary>The size of the first window for a read of so many pages (get_init_ra_size).</summary>
    public static ulong InitialSize(ulong requestPages, ulong max)
    {
        ulong size = System.Numerics.BitOperations.RoundUpToPowerOf2(requestPages);
        if (size <= max / 32)
            return size * 4;
        return size <= max / 4 ? size * 2 : max;
    }

    /// <summary>The size of the window after this one (get_next_ra_size).</summary>
    public readonly ulong NextSize(ulong max)
    {
        if (Size < max / 16)
            return 4 * Size;
        return Size <= max / 2 ? 2 * Size : max;
    }
}
