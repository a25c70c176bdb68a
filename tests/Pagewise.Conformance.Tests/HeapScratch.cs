namespace Pagewise.Conformance.Tests;

/// <summary>A folder for the heap comparison's files.</summary>
internal static class HeapScratch
{
    public static string Folder { get; } = Directory.CreateTempSubdirectory("pagewise-heapfuzz-").FullName;
}
