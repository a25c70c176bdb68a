namespace Pagewise.Kernel.PageAllocator;

/// <summary>The watermarks of a zone: <c>enum zone_watermarks</c> (include/linux/mmzone.h). The first three also choose the mark that an allocation must stay above.</summary>
public enum Watermark
{
    /// <summary><c>WMARK_MIN</c>: below it only reserves are left.</summary>
    Min,

    /// <summary><c>WMARK_LOW</c>: below it kswapd wakes.</summary>
    Low,

    /// <summary><c>WMARK_HIGH</c>: kswapd sleeps when it is reached.</summary>
    High,

    /// <summary><c>WMARK_PROMO</c>: memory tiering promotes up to here.</summary>
    Promo,
}
