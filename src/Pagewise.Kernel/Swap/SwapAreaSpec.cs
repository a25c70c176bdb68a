namespace Pagewise.Kernel.Swap;

/// <summary>A swap area as swapon(2) is told of it.</summary>
/// <param name="Pages">Its size in pages of 4 KiB, the header's included.</param>
public sealed record SwapAreaSpec(uint Pages)
{
    /// <summary>Priority: areas with more are filled first, equal ones in turn (prio). Areas without one get −2, −3 … in their order.</summary>
    public int Priority { get; init; } = -2;

    /// <summary>
    /// Whether reads and writes are done when the call returns, as of zram (SWP_SYNCHRONOUS_IO): a page that one entry
    /// names is then read past the swap cache.
    /// </summary>
    public bool IsSynchronous { get; init; }
}
