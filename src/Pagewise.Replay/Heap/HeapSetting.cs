namespace Pagewise.Replay.Heap;

/// <summary>What a trial is run with.</summary>
/// <param name="Release">The glibc release, one of <see cref="Malloc.AllocatorModels.Releases"/>.</param>
/// <param name="Tunables">The value of <c>GLIBC_TUNABLES</c>; empty to leave it unset.</param>
public readonly record struct HeapSetting(string Release, string Tunables);
