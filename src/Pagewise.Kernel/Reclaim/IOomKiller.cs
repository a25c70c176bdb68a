using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <summary>Who ends a task when reclaim finds nothing more (out_of_memory, mm/oom_kill.c).</summary>
public interface IOomKiller
{
    /// <summary>Kills a task.</summary>
    /// <param name="context">Where pages would help.</param>
    /// <param name="gfp">The allocation's flags.</param>
    /// <param name="order">The block wanted.</param>
    /// <returns>Whether a task was killed or is dying, so that trying again makes sense.</returns>
    bool OutOfMemory(in AllocContext context, Gfp gfp, int order);
}
