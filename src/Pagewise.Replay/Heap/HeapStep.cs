namespace Pagewise.Replay.Heap;

/// <summary>From one release to another: what grew, and which changes account for it.</summary>
/// <param name="From">The one release.</param>
/// <param name="To">The other.</param>
/// <param name="Delta">What <paramref name="To"/> comes to, less what <paramref name="From"/> does.</param>
/// <param name="Effects">The changes that alone make a difference, the greatest in residence first.</param>
/// <param name="Tried">Changes between the two that were swapped one at a time.</param>
public sealed record HeapStep(string From, string To, HeapDelta Delta, IReadOnlyList<HeapChangeEffect> Effects, int Tried);
