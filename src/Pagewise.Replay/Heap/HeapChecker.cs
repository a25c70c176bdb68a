using Pagewise.Malloc;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>
/// Checks heap recordings: each recorded call is made on the modelled allocator and its result, its system calls and
/// mallinfo2 are compared with the recording's.
/// </summary>
public static class HeapChecker
{
    // While it is not known yet which allocator a recording is of, the differences of each are kept.
    private const int KeptPerCandidate = 10_000;

    /// <summary>Checks one recording.</summary>
    /// <param name="path">The file, "-" for standard input.</param>
    /// <param name="differenceLimit">How many differences keep their text; all are counted.</param>
    /// <param name="found">Told of each difference.</param>
    /// <exception cref="RecordingException">The recording cannot be read to its end, or is of a libc that is not modelled.</exception>
    public static HeapCheckResult Check(string path, int differenceLimit = 1000, Action<Difference>? found = null)
    {
        using RecordingReader reader = RecordingReader.Open(path);
        return Check(reader, differenceLimit, found);
    }

    /// <summary>
    /// Checks a recording that is open. Where two allocators go by the release's name (<see cref="AllocatorModels.Named"/>)
    /// it is held against both side by side, and the one that it fits better is reported.
    /// </summary>
    /// <param name="reader">The recording; the caller disposes it.</param>
    /// <param name="differenceLimit">How many differences keep their text; all are counted.</param>
    /// <param name="found">
    /// Told of each difference as it is found; of the first 10,000 at the end where two allocators are in question.
    /// </param>
    /// <param name="observe">Shown each note after the first call, with the allocator as it is then; null for none.</param>
    /// <exception cref="RecordingException">The recording cannot be read to its end, or is of a libc that is not modelled.</exception>
    public static HeapCheckResult Check(
        RecordingReader reader, int differenceLimit = 1000, Action<Difference>? found = null, Action<string, IHeapView>? observe = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var prologue = new HeapPrologue();
        var batch = new EventBatch();
        List<Candidate> candidates = [];
        try
        {
            while (reader.Read(batch))
            {
                foreach (ref readonly Event e in batch.Events.Span)
                {
                    if (candidates.Count == 0 && e.Kind == EventKind.Note)
                    {
                        prologue.Take(batch, batch.Notes[e.Index]);
                        continue;
                    }

                    if (candidates.Count == 0)
                        candidates = Begin(reader.File, prologue, differenceLimit, found, observe);
                    foreach (Candidate candidate in candidates)
                        candidate.Run.Take(batch, e);
                }
            }

            foreach (Candidate candidate in candidates)
                candidate.Run.Finish();
            return Result(reader.File, prologue, candidates, differenceLimit, found);
        }
        finally
        {
            foreach (Candidate candidate in candidates)
                candidate.Run.Dispose();
        }
    }

    private static HeapCheckResult Result(
        string file, HeapPrologue prologue, List<Candidate> candidates, int differenceLimit, Action<Difference>? found)
    {
        if (candidates.Count == 0)
        {
            return new HeapCheckResult(
                file, prologue, 0, 0, 0, [], new SortedDictionary<string, long>(StringComparer.Ordinal), prologue.ModelledRelease);
        }

        Candidate best = candidates.MinBy(candidate => candidate.Log.DifferenceCount)!;
        if (candidates.Count > 1)
        {
            foreach (Difference difference in best.Log.Differences)
                found?.Invoke(difference);
        }

        return new HeapCheckResult(
            file, prologue, best.Run.Calls, best.Log.Results, best.Log.DifferenceCount, [.. best.Log.Differences.Take(differenceLimit)],
            best.Run.Warnings, best.Release);
    }

    private static List<Candidate> Begin(
        string file, HeapPrologue prologue, int differenceLimit, Action<Difference>? found, Action<string, IHeapView>? observe)
    {
        IReadOnlyList<string> releases = AllocatorModels.Named(prologue.ModelledRelease);
        var candidates = new List<Candidate>();
        foreach (string release in releases)
        {
            var log = releases.Count == 1 ? new ResultLog(differenceLimit) { Found = found } : new ResultLog(Math.Max(differenceLimit, KeptPerCandidate));
            var visitor = new RunVisitor(prologue, log, candidates.Count == 0 ? observe : null);
            HeapCheckRun run = AllocatorModels.Visit(prologue.Platform, release, visitor) ?? throw prologue.NotModelled(file);
            candidates.Add(new Candidate(release, run, log));
        }

        return candidates;
    }

    private sealed record Candidate(string Release, HeapCheckRun Run, ResultLog Log);

    private sealed class RunVisitor(HeapPrologue prologue, ResultLog log, Action<string, IHeapView>? observe) : IAllocatorVisitor<HeapCheckRun>
    {
        public HeapCheckRun Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease => new HeapCheckRun<TAbi, TRelease>(prologue, log, observe);
    }
}
