namespace Pagewise.Kernel.Swap;

/// <summary>A swap area as swapon(2) is told of it.</summary>
/// <param name="Pages">Its size in pages of 4 KiB, the header's included.</param>
public sealed record SwapAreaSpec(uint Pages)
{
    /// <summary>What /proc/swaps calls it.</summary>
    public string Name { get; init; } = "/dev/vda";

    /// <summary>Whether it is a swap file on a file system, else a partition.</summary>
    public bool IsFile { get; init; }

    /// <summary>Priority: areas with more are filled first, equal ones in turn (prio). Negative stands for none given: such areas get −2, −3 … in their order.</summary>
    public int Priority { get; init; } = -2;

    /// <summary>
    /// Whether reads and writes are done when the call returns, as of zram (SWP_SYNCHRONOUS_IO): a page that one entry
    /// names is then read past the swap cache.
    /// </summary>
    public bool IsSynchronous { get; init; }

    /// <summary>The name of the block device it lies on; null: the last one.</summary>
    public string? Device { get; init; }

    /// <summary>Whether it is there, made by mkswap, but not switched on when the machine starts: swapon(2) does that.</summary>
    public bool IsOff { get; init; }

    /// <summary>Opens where its bytes are kept, once for each machine; null: in this process.</summary>
    public Func<SwapAreaSpec, ISwapStore>? OpenStore { get; init; }
}
