using Pagewise.Malloc.Releases;

namespace Pagewise.Replay.Heap;

/// <summary>One change of a release taken back, or put in.</summary>
/// <param name="Change">The change.</param>
/// <param name="From">The release whose way is taken.</param>
public sealed record ReleaseSwap(ReleaseChange Change, string From);
