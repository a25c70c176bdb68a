namespace Pagewise.Kernel.Frames;

/// <summary>
/// State of a frame: Linux's page flags (include/linux/page-flags.h) and page types, with our own bit numbers. The top
/// four bits hold <see cref="PageFrame.FolioOrder"/>.
/// </summary>
[Flags]
public enum PageFlags : uint
{
    /// <summary>A free frame that was never used, or whose bytes are zero.</summary>
    None = 0,

    /// <summary>The frame's bytes may be other than zero; a frame without it reads as zero and costs the host nothing.</summary>
    HasData = 1 << 0,

    /// <summary>Not given to the allocator: frame 0 and what the machine keeps (PG_reserved).</summary>
    Reserved = 1 << 1,

    /// <summary>Handed out by the allocator.</summary>
    Allocated = 1 << 2,

    /// <summary>Holds a page table (PGTY_table).</summary>
    Table = 1 << 3,

    /// <summary>First frame of a huge page (PG_head).</summary>
    Head = 1 << 4,

    /// <summary>A later frame of a huge page (PageTail); the head is at the number rounded down to 512.</summary>
    Tail = 1 << 5,

    /// <summary>Anonymous: <see cref="PageFrame.Mapping"/> is an anon_vma (PAGE_MAPPING_ANON).</summary>
    Anon = 1 << 6,

    /// <summary>Belongs to one address space alone, which may write it without asking (PG_anon_exclusive).</summary>
    AnonExclusive = 1 << 7,

    /// <summary>In the page cache: <see cref="PageFrame.Mapping"/> is an inode.</summary>
    PageCache = 1 << 8,

    /// <summary>Shared memory or anonymous: only swap can take it (PG_swapbacked). MADV_FREE clears it.</summary>
    SwapBacked = 1 << 9,

    /// <summary>Differs from its backing store (PG_dirty).</summary>
    Dirty = 1 << 10,

    /// <summary>Used since the last look (PG_referenced).</summary>
    Referenced = 1 << 11,

    /// <summary>Locked in memory by mlock (PG_mlocked).</summary>
    Mlocked = 1 << 12,

    /// <summary>The zero page or the huge zero page: mapped without being counted.</summary>
    Zero = 1 << 13,

    /// <summary>A huge page of which some frames are no longer mapped; it waits to be broken up (PG_partially_mapped).</summary>
    PartlyMapped = 1 << 14,

    /// <summary>First frame of a free block (PGTY_buddy); <see cref="PageFrame.Index"/> holds the block's order and list.</summary>
    Buddy = 1 << 15,

    /// <summary>Part of a slab (PGTY_slab); its first frame describes it, see KmemCache.</summary>
    Slab = 1 << 16,

    /// <summary>Its contents are being read from the device: not mapped, not given to readers (PG_locked without PG_uptodate).</summary>
    Reading = 1 << 17,

    /// <summary>Its contents are being written to the device (PG_writeback).</summary>
    Writeback = 1 << 18,

    /// <summary>On a page of a file the mark at which readahead goes on (PG_readahead); under writeback, to be reclaimed as soon as it is written (PG_reclaim): one bit, as in Linux.</summary>
    Reclaim = 1 << 19,

    /// <summary>Stands in an LRU list (PG_lru); <see cref="PageFrame.Next"/> and <see cref="PageFrame.Prev"/> are its links there. Clear while isolated or waiting in a CPU's batch.</summary>
    Lru = 1 << 20,

    /// <summary>Belongs to an active list (PG_active).</summary>
    Active = 1 << 21,

    /// <summary>Cannot be reclaimed, so reclaim need not look at it (PG_unevictable).</summary>
    Unevictable = 1 << 22,

    /// <summary>Was on an active list before it was evicted or deactivated (PG_workingset).</summary>
    Workingset = 1 << 23,

    /// <summary>In the swap cache (PG_swapcache): a slot of swap holds the same, or will.</summary>
    SwapCache = 1 << 24,

    /// <summary>A page of a kernel stack. Linux knows it by its vmalloc area.</summary>
    KernelStack = 1 << 25,

    /// <summary>Its bytes could not be read, so that it may not be used (PG_uptodate is clear); of a page being written: they could not be written.</summary>
    Error = 1 << 26,

    /// <summary>Has buffer heads, which have to go before the page can (PG_private).</summary>
    Private = 1 << 27,
}
