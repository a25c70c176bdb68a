using Pagewise.Replay.Heap;

namespace Pagewise.Conformance.Tests;

/// <summary>A random program's run against the model.</summary>
/// <param name="Check">The comparison of results.</param>
/// <param name="ModelText">malloc_info's and malloc_stats' text of the model, each time the program asked.</param>
/// <param name="LiveText">The same of the live glibc.</param>
internal sealed record HeapFuzzResult(HeapCheckResult Check, string ModelText, string LiveText);
