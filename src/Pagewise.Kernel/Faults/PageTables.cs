using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Faults;

/// <summary>
/// The page tables of all address spaces, by range: what the mapping calls, fork and exit need (mm/memory.c,
/// mm/mprotect.c, mm/mremap.c, mm/madvise.c, mm/mincore.c, mm/gup.c of Linux). One closed subclass per page-table
/// format. Calls are per range, never per access. Ranges are page-aligned, [start, end), and lie within one area where
/// an area is named. Each keeps the rss counters, pgtables_bytes, frames, reverse links and the TLB right.
/// </summary>
public abstract class PageTables
{
    /// <summary>Gives an address space its top table (mm_alloc_pgd). False when no frame is left.</summary>
    public abstract bool AllocatePgd(int mm);

    /// <summary>Takes the top table back; everything below is already freed (pgd_free).</summary>
    public abstract void FreePgd(int mm);

    /// <summary>
    /// Begins an unmapping of several areas and their tables (tlb_gather_mmu): frames go back together, at the latest
    /// with <see cref="FinishUnmap"/>, when the TLBs have forgotten them. No call but Zap and FreeTables may stand between.
    /// </summary>
    public abstract void BeginUnmap(int mm);

    /// <summary>Ends it: the TLBs are flushed once, then the frames go back in Linux's order (tlb_finish_mmu).</summary>
    public abstract void FinishUnmap();

    /// <summary>Unmaps the pages of a range of an area (unmap_vmas, zap_page_range): frames released, tables kept.</summary>
    /// <param name="vma">The area.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="keepMarkers">MADV_DONTNEED keeps guard markers; munmap does not.</param>
    public abstract void Zap(int vma, ulong start, ulong end, bool keepMarkers);

    /// <summary>
    /// Frees tables that no area needs any more (free_pgtables): those that cover [start, end) wholly within
    /// [floor, ceiling), the end of the area below and the start of the area above; ceiling 0 means the top.
    /// </summary>
    public abstract void FreeTables(int mm, ulong start, ulong end, ulong floor, ulong ceiling);

    /// <summary>Copies an area's entries to a child's area at the same addresses (copy_page_range at fork): shares private pages read-only.</summary>
    /// <returns>False when no frame is left.</returns>
    public abstract bool Copy(int destinationVma, int sourceVma);

    /// <summary>Whether fork must copy entries of the area, or faults will refill them (vma_needs_copy).</summary>
    public abstract bool NeedsCopy(int sourceVma);

    /// <summary>Applies an area's new flags to the entries of a range (change_protection). The area's Flags are already new.</summary>
    public abstract void ChangeProtection(int vma, ulong start, ulong end);

    /// <summary>Moves entries between two areas of one address space (move_page_tables). False when no frame is left.</summary>
    public abstract bool Move(int oldVma, ulong oldStart, int newVma, ulong newStart, ulong lengthBytes);

    /// <summary>
    /// Splits a 2 MiB entry that straddles an address where an area is about to begin or end (vma_adjust_trans_huge).
    /// </summary>
    public abstract void SplitHugeAt(int vma, ulong address);

    /// <summary>
    /// Faults in a range that may span areas, as mlock and MAP_POPULATE do (mm_populate, populate_vma_page_range):
    /// areas with write permission that are private are written. Stops silently at a hole or fault.
    /// </summary>
    /// <param name="mm">The address space.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="ignoreErrors">As mm_populate does for mmap; mlock wants the error.</param>
    /// <returns>0, or the errno that mlock would return.</returns>
    public abstract Errno Populate(int mm, ulong start, ulong end, bool ignoreErrors);

    /// <summary>MADV_POPULATE_READ and MADV_POPULATE_WRITE over a range of one address space (faultin_page_range).</summary>
    public abstract Errno PopulateForAccess(int mm, ulong start, ulong end, bool write);

    /// <summary>Residency of pages of one area, one byte each, as mincore(2) says it (mincore_walk).</summary>
    public abstract void Mincore(int vma, ulong start, ulong end, Span<byte> residency);

    /// <summary>What the page tables hold of one area, as /proc/PID/smaps counts it (smap_gather_stats).</summary>
    public abstract MemSizeStats GatherSizes(int vma);

    /// <summary>
    /// Whether /proc/PID/smaps says that the area may get huge pages (THPeligible, thp_vma_allowable_orders): anonymous
    /// memory only; files and shared memory never do.
    /// </summary>
    public abstract bool IsThpEligible(int vma);

    /// <summary>Applies an advice that works on pages of one area: DONTNEED, FREE, COLD, PAGEOUT, WILLNEED, REMOVE, COLLAPSE, GUARD_INSTALL, GUARD_REMOVE.</summary>
    public abstract Errno Advise(int vma, ulong start, ulong end, Madvice advice);

    /// <summary>Brings the pages of an address space back that a swap area has (unuse_mm).</summary>
    /// <param name="mm">The address space.</param>
    /// <param name="type">The area's number.</param>
    /// <returns>ENOMEM when no frame is left.</returns>
    public abstract Errno Unuse(int mm, int type);

    /// <summary>Marks the resident pages of a range as locked or not (mlock_vma_pages_range). The area's Flags are already new.</summary>
    public abstract void ApplyLock(int vma, ulong start, ulong end);

    /// <summary>
    /// Drops the pages of a file beyond a new size from the page cache and from every address space, private copies too
    /// (truncate_pagecache). The caller sets the inode's size afterwards; it calls this too when the file grows.
    /// </summary>
    public abstract void Truncate(int inode, ulong newSizeBytes);

    /// <summary>Puts the pages that write(2) fills into the page cache, dirty (generic_perform_write). The caller sets the inode's size afterwards.</summary>
    /// <returns>False when no frame is left.</returns>
    public abstract bool WriteFile(int inode, ulong offsetBytes, ulong lengthBytes);

    /// <summary>
    /// Writes the dirty pages of a range to their device (filemap_write_and_wait_range: fsync, msync(MS_SYNC)): they are
    /// clean, and the next store to a shared mapping of them faults. Writing takes no time here.
    /// </summary>
    public abstract void WriteBack(int inode, ulong offsetBytes, ulong lengthBytes);

    /// <summary>
    /// Minor faults so far, of all tasks and with those that the kernel takes for them (populate, mlock). What a call
    /// adds belongs to the task that made it: min_flt.
    /// </summary>
    public abstract long MinorFaults { get; }

    /// <summary>Major faults so far, counted likewise: maj_flt.</summary>
    public abstract long MajorFaults { get; }

    /// <summary>
    /// Counts everything anew and compares: tables, entries, rights, map counts and references of all frames, the page
    /// cache, rss, pgtables_bytes and free frames. For tests; takes memory in proportion to the machine's.
    /// </summary>
    /// <exception cref="InvalidOperationException">A count or an entry is wrong; the message says which.</exception>
    public abstract void Validate();
}
