namespace Pagewise.Replay.Heap;

/// <summary>A heap at one moment of a replay.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="LiveBytes">Bytes that the program asked for and has not freed.</param>
/// <param name="SystemBytes">Bytes that malloc holds of the system: arenas and mapped blocks.</param>
/// <param name="ResidentBytes">Bytes of it that are resident.</param>
public readonly record struct HeapSample(long Step, ulong LiveBytes, ulong SystemBytes, ulong ResidentBytes);
