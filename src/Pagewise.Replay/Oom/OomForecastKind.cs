namespace Pagewise.Replay.Oom;

/// <summary>What happens to a host whose memory fills.</summary>
public enum OomForecastKind
{
    /// <summary>Free memory falls to the low watermark: kswapd wakes and reclaims.</summary>
    LowWatermark,

    /// <summary>The first pages go to swap.</summary>
    SwapBegins,

    /// <summary>All of the swap space is used.</summary>
    SwapFull,

    /// <summary>Free memory falls to the min watermark: who asks for memory reclaims itself, and waits.</summary>
    DirectReclaim,

    /// <summary>Nothing is left to reclaim: the OOM killer ends a process.</summary>
    Kill,

    /// <summary>Nothing is left to reclaim and nobody may be killed: the kernel panics.</summary>
    Panic,
}
