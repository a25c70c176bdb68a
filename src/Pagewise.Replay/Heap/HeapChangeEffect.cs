using Pagewise.Malloc.Releases;

namespace Pagewise.Replay.Heap;

/// <summary>What one change between two releases accounts for.</summary>
/// <param name="Change">The change.</param>
/// <param name="Delta">What the newer of the two comes to, less what it comes to without the change.</param>
public sealed record HeapChangeEffect(ReleaseChange Change, HeapDelta Delta);
