namespace Pagewise.Kernel.PageAllocator;

/// <summary>Who is told of an allocation that failed (warn_alloc). The kernel does not print; the zones still stand as they were.</summary>
public interface IAllocationFailureSink
{
    /// <summary>"page allocation failure", unless the allocation said __GFP_NOWARN.</summary>
    /// <param name="failure">What failed.</param>
    void PageAllocationFailure(in AllocationFailure failure);
}
