using Pagewise.Malloc;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>
/// Replays heap recordings call by call on the modelled allocator and compares every recorded result: addresses, return
/// codes, the system calls malloc made, moves of the break, mallinfo2.
/// </summary>
public static class HeapChecker
{
    /// <summary>The releases that are modelled, as recordings name them.</summary>
    public static IReadOnlyList<string> Releases => AllocatorModels.Releases;

    /// <summary>
    /// Checks one recording. Two allocators call themselves 2.42, the one that was tagged and the one that distributions
    /// ship: a file is held against both, and the one that it fits is reported.
    /// </summary>
    /// <param name="path">The file, "-" for standard input.</param>
    /// <param name="differenceLimit">How many differences keep their text; all are counted.</param>
    /// <param name="found">Told of each difference.</param>
    /// <exception cref="RecordingException">The recording cannot be read to its end, or is of a libc that is not modelled.</exception>
    public static HeapCheckResult Check(string path, int differenceLimit = 1000, Action<Difference>? found = null)
    {
        HeapCheckResult result;
        using (RecordingReader reader = RecordingReader.Open(path))
            result = Check(reader, differenceLimit);
        if (result.Release == "2.42" && result.DifferenceCount > 0 && path != "-")
        {
            using RecordingReader reader = RecordingReader.Open(path);
            HeapCheckResult branch = Check(reader, differenceLimit, release: "2.42-branch");
            if (branch.DifferenceCount < result.DifferenceCount)
                result = branch;
        }

        foreach (Difference difference in result.Differences)
            found?.Invoke(difference);
        return result;
    }

    /// <summary>Checks a recording that is open.</summary>
    /// <param name="reader">The recording; the caller disposes it.</param>
    /// <param name="differenceLimit">How many differences keep their text; all are counted.</param>
    /// <param name="found">Told of each difference as it is found.</param>
    /// <param name="observe">Shown each note after the first call, with the allocator as it is then; null for none.</param>
    /// <param name="release">The release to take instead of the one that the recording names; null keeps that.</param>
    /// <exception cref="RecordingException">The recording cannot be read to its end, or is of a libc that is not modelled.</exception>
    public static HeapCheckResult Check(
        RecordingReader reader, int differenceLimit = 1000, Action<Difference>? found = null, Action<string, IHeapView>? observe = null,
        string? release = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var log = new ResultLog(differenceLimit) { Found = found };
        var prologue = new HeapPrologue();
        var batch = new EventBatch();
        HeapCheckRun? run = null;
        try
        {
            while (reader.Read(batch))
            {
                foreach (ref readonly Event e in batch.Events.Span)
                {
                    if (run is null && e.Kind == EventKind.Note)
                        prologue.Take(batch, batch.Notes[e.Index]);
                    else
                        (run ??= Begin(reader.File, prologue, log, observe, release)).Take(batch, e);
                }
            }

            run?.Finish();
        }
        finally
        {
            run?.Dispose();
        }

        return new HeapCheckResult(
            reader.File, prologue, run?.Calls ?? 0, log.Results, log.DifferenceCount, log.Differences,
            run?.Warnings ?? new SortedDictionary<string, long>(StringComparer.Ordinal), release ?? prologue.ModelledRelease);
    }

    private static HeapCheckRun Begin(
        string file, HeapPrologue prologue, ResultLog log, Action<string, IHeapView>? observe, string? release)
    {
        var visitor = new RunVisitor(prologue, log, observe);
        return AllocatorModels.Visit(prologue.Platform, release ?? prologue.ModelledRelease, visitor) ?? throw prologue.NotModelled(file);
    }

    private sealed class RunVisitor(HeapPrologue prologue, ResultLog log, Action<string, IHeapView>? observe) : IAllocatorVisitor<HeapCheckRun>
    {
        public HeapCheckRun Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease => new HeapCheckRun<TAbi, TRelease>(prologue, log, observe);
    }
}
