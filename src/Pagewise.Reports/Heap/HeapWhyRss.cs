using Pagewise.Replay.Heap;

namespace Pagewise.Reports.Heap;

/// <summary>Why a heap is as resident as it is, after one call.</summary>
/// <param name="Recording">What was replayed.</param>
/// <param name="Call">Calls made.</param>
/// <param name="LiveBytes">Bytes asked for and not freed.</param>
/// <param name="SystemBytes">Bytes held of the system.</param>
/// <param name="ResidentBytes">Bytes resident.</param>
/// <param name="Pages">What the resident pages hold.</param>
/// <param name="Groups">The blocks that keep most free bytes resident, by the call that took them.</param>
/// <param name="Pins">The single blocks that keep most.</param>
/// <param name="Ceilings">What lies below the highest chunk in use of each arena.</param>
/// <param name="Remedies">What was tried, each from the same recording.</param>
public sealed record HeapWhyRss(
    HeapRecordingFacts Recording, long Call, ulong LiveBytes, ulong SystemBytes, ulong ResidentBytes, HeapResidence Pages,
    IReadOnlyList<HeapPinGroup> Groups, IReadOnlyList<HeapPinFacts> Pins, IReadOnlyList<HeapCeilingFacts> Ceilings,
    IReadOnlyList<HeapRemedy> Remedies);
