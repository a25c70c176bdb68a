using System.Text;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>Gfp flags as tracepoints and reports write them (show_gfp_flags, include/trace/events/mmflags.h).</summary>
public static class GfpNames
{
    /// <summary>Combinations first, the larger before their parts, then single flags, in the kernel's order.</summary>
    private static readonly (Gfp Mask, string Name)[] Names =
    [
        (Gfp.TransHuge, "GFP_TRANSHUGE"),
        (Gfp.TransHugeLight, "GFP_TRANSHUGE_LIGHT"),
        (Gfp.HighUserMovable, "GFP_HIGHUSER_MOVABLE"),
        (Gfp.HighUser, "GFP_HIGHUSER"),
        (Gfp.User, "GFP_USER"),
        (Gfp.KernelAccount, "GFP_KERNEL_ACCOUNT"),
        (Gfp.Kernel, "GFP_KERNEL"),
        (Gfp.NoFs, "GFP_NOFS"),
        (Gfp.Atomic, "GFP_ATOMIC"),
        (Gfp.NoIo, "GFP_NOIO"),
        (Gfp.NoWait, "GFP_NOWAIT"),
        (Gfp.Dma, "GFP_DMA"),
        (Gfp.Dma32, "GFP_DMA32"),
        (Gfp.High, "__GFP_HIGH"),
        (Gfp.AtomicFlag, "__GFP_ATOMIC"),
        (Gfp.Io, "__GFP_IO"),
        (Gfp.Fs, "__GFP_FS"),
        (Gfp.NoWarn, "__GFP_NOWARN"),
        (Gfp.RetryMayFail, "__GFP_RETRY_MAYFAIL"),
        (Gfp.NoFail, "__GFP_NOFAIL"),
        (Gfp.NoRetry, "__GFP_NORETRY"),
        (Gfp.Comp, "__GFP_COMP"),
        (Gfp.Zero, "__GFP_ZERO"),
        (Gfp.NoMemAlloc, "__GFP_NOMEMALLOC"),
        (Gfp.MemAlloc, "__GFP_MEMALLOC"),
        (Gfp.HardWall, "__GFP_HARDWALL"),
        (Gfp.ThisNode, "__GFP_THISNODE"),
        (Gfp.Reclaimable, "__GFP_RECLAIMABLE"),
        (Gfp.Movable, "__GFP_MOVABLE"),
        (Gfp.Account, "__GFP_ACCOUNT"),
        (Gfp.Write, "__GFP_WRITE"),
        (Gfp.Reclaim, "__GFP_RECLAIM"),
        (Gfp.DirectReclaim, "__GFP_DIRECT_RECLAIM"),
        (Gfp.KswapdReclaim, "__GFP_KSWAPD_RECLAIM"),
    ];

    /// <summary>The names of all flags, joined by "|"; "none" for no flag.</summary>
    public static string Format(Gfp gfp)
    {
        if (gfp == Gfp.None)
            return "none";
        var text = new StringBuilder();
        foreach ((Gfp mask, string name) in Names)
        {
            if ((gfp & mask) != mask)
                continue;
            gfp &= ~mask;
            text.Append(text.Length > 0 ? "|" : "").Append(name);
        }

        return gfp == 0 ? text.ToString() : $"{text}{(text.Length > 0 ? "|" : "")}0x{(uint)gfp:x}";
    }

    /// <summary>The highest zone that may serve an allocation (gfp_zone).</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    internal static ZoneType Zone(Gfp gfp)
    {
        // Four bits a combination of the zone flags: one shift instead of a chain of tests.
        const ulong Table =
            ((ulong)ZoneType.Normal << 0) | ((ulong)ZoneType.Dma << 4) | ((ulong)ZoneType.Normal << 8) | ((ulong)ZoneType.Dma << 12)
            | ((ulong)ZoneType.Dma32 << 16) | ((ulong)ZoneType.Dma << 20) | ((ulong)ZoneType.Dma32 << 24) | ((ulong)ZoneType.Dma << 28)
            | ((ulong)ZoneType.Normal << 32) | ((ulong)ZoneType.Dma << 36) | ((ulong)ZoneType.Movable << 40) | ((ulong)ZoneType.Dma << 44)
            | ((ulong)ZoneType.Dma32 << 48) | ((ulong)ZoneType.Dma << 52) | ((ulong)ZoneType.Dma32 << 56) | ((ulong)ZoneType.Dma << 60);
        return (ZoneType)((Table >> (int)((uint)(gfp & (Gfp.Dma | Gfp.HighMem | Gfp.Dma32 | Gfp.Movable)) << 2)) & 15);
    }

    /// <summary>The migrate type of an allocation (gfp_migratetype).</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    internal static MigrateType Type(Gfp gfp) => (MigrateType)((uint)(gfp & (Gfp.Movable | Gfp.Reclaimable)) >> 3);
}
