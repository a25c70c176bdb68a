using Pagewise.Abi;
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
    public static IReadOnlyList<string> Releases { get; } = ["2.35", "2.36"];

    /// <summary>Checks one recording.</summary>
    /// <param name="path">The file, "-" for standard input.</param>
    /// <param name="differenceLimit">How many differences keep their text; all are counted.</param>
    /// <param name="found">Told of each difference as it is found.</param>
    /// <exception cref="RecordingException">The recording cannot be read to its end, or is of a libc that is not modelled.</exception>
    public static HeapCheckResult Check(string path, int differenceLimit = 1000, Action<Difference>? found = null)
    {
        using RecordingReader reader = RecordingReader.Open(path);
        return Check(reader, differenceLimit, found);
    }

    /// <summary>Checks a recording that is open.</summary>
    /// <param name="reader">The recording; the caller disposes it.</param>
    /// <param name="differenceLimit">How many differences keep their text; all are counted.</param>
    /// <param name="found">Told of each difference as it is found.</param>
    /// <param name="observe">Shown each note after the first call, with the allocator as it is then; null for none.</param>
    /// <exception cref="RecordingException">The recording cannot be read to its end, or is of a libc that is not modelled.</exception>
    public static HeapCheckResult Check(
        RecordingReader reader, int differenceLimit = 1000, Action<Difference>? found = null, Action<string, IHeapView>? observe = null)
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
                        (run ??= Begin(reader.File, prologue, log, observe)).Take(batch, e);
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
            run?.Warnings ?? new SortedDictionary<string, long>(StringComparer.Ordinal));
    }

    private static HeapCheckRun Begin(string file, HeapPrologue prologue, ResultLog log, Action<string, IHeapView>? observe)
    {
        if (prologue.Release.Length > 0 && !Releases.Contains(prologue.Release))
            throw new RecordingException(file, $"is of glibc {prologue.Release}; modelled are {string.Join(", ", Releases)}");
        return prologue.Platform switch
        {
            "x86_64" => new HeapCheckRun<X8664Abi, Glibc236>(prologue, log, observe),
            "i386" => new HeapCheckRun<I386Abi, Glibc236>(prologue, log, observe),
            "armhf" => new HeapCheckRun<Arm32Abi, Glibc236>(prologue, log, observe),
            _ => throw new RecordingException(file, $"is of {prologue.Platform}; modelled are x86_64, i386, armhf"),
        };
    }
}
