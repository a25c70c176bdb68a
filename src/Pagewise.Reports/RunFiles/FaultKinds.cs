using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Reports.RunFiles;

/// <summary>The names of <see cref="FaultKind"/> in run files, and how a fault is told by what its handler counted.</summary>
internal static class FaultKinds
{
    /// <summary>How many there are.</summary>
    public const int Count = (int)FaultKind.Other + 1;

    private static readonly string[] Names =
    [
        "swap_in", "copy_on_write", "huge", "anonymous", "zero_page", "file", "write_reuse", "spurious", "segv_maperr", "segv_accerr", "bus", "killed", "other",
    ];

    /// <summary>The name in tables.</summary>
    public static string NameOf(FaultKind kind) => Names[(int)kind];

    /// <summary>What a fault was, by the counters before and after it.</summary>
    public static FaultKind Between(in FaultCounters before, in FaultCounters after) =>
        after.SwapIn != before.SwapIn ? FaultKind.SwapIn
        : after.CopyOnWrite != before.CopyOnWrite ? FaultKind.CopyOnWrite
        : after.Huge != before.Huge ? FaultKind.Huge
        : after.Anonymous != before.Anonymous ? FaultKind.Anonymous
        : after.ZeroPage != before.ZeroPage ? FaultKind.ZeroPage
        : after.File != before.File ? FaultKind.File
        : after.WriteReuse != before.WriteReuse ? FaultKind.WriteReuse
        : after.Spurious != before.Spurious ? FaultKind.Spurious
        : after.SegvMapErr != before.SegvMapErr ? FaultKind.SegvMapErr
        : after.SegvAccErr != before.SegvAccErr ? FaultKind.SegvAccErr
        : after.Bus != before.Bus ? FaultKind.Bus
        : FaultKind.Other;
}
