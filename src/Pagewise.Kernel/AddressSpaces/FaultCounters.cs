namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// Page faults of an address space by what resolved them; each is moved by the handler that did. Minor and major are
/// the task's (min_flt, maj_flt); these tell why.
/// </summary>
public struct FaultCounters
{
    /// <summary>A new zeroed page for private memory (do_anonymous_page, write).</summary>
    public long Anonymous;

    /// <summary>The shared zero page for a read of private memory (do_anonymous_page, read).</summary>
    public long ZeroPage;

    /// <summary>A 2 MiB page (do_huge_pmd_anonymous_page), the huge zero page included.</summary>
    public long Huge;

    /// <summary>A page-cache page mapped (do_read_fault, do_shared_fault), the faulting page only.</summary>
    public long File;

    /// <summary>A page that was in swap, read or still in the swap cache (do_swap_page).</summary>
    public long Swap;

    /// <summary>Pages that fault-around mapped beside the faulting one (do_fault_around).</summary>
    public long FaultAround;

    /// <summary>A private copy of a page (do_wp_page copying, do_cow_fault).</summary>
    public long CopyOnWrite;

    /// <summary>A write-protected page made writable without a copy (wp_page_reuse, wp_page_shared, mkwrite).</summary>
    public long WriteReuse;

    /// <summary>A page read back from swap or found in the swap cache (do_swap_page).</summary>
    public long SwapIn;

    /// <summary>Nothing to do: the entry already allowed the access.</summary>
    public long Spurious;

    /// <summary>Stack areas grown by a fault (expand_stack).</summary>
    public long StackGrowth;

    /// <summary>SIGSEGV with SEGV_MAPERR.</summary>
    public long SegvMapErr;

    /// <summary>SIGSEGV with SEGV_ACCERR.</summary>
    public long SegvAccErr;

    /// <summary>SIGBUS: beyond the end of the file.</summary>
    public long Bus;
}
