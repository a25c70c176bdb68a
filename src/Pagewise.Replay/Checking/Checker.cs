using Pagewise.Replay.Comparing;
using Pagewise.Replay.Experiments;
using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Checking;

/// <summary>Replays recordings and compares every recorded result with the model's: calls and accesses on a machine, heaps on the allocator.</summary>
public static class Checker
{
    /// <summary>Checks one recording, or one recorded experiment.</summary>
    /// <param name="path">The file, "-" for standard input, or an experiment's directory.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="found">Told of each difference as it is found.</param>
    /// <exception cref="RecordingException">The recording cannot be read to its end.</exception>
    public static CheckResult Check(string path, CheckOptions? options = null, Action<Difference>? found = null)
    {
        if (path != "-" && Directory.Exists(path))
            return ExperimentChecker.Check(path, options ?? new CheckOptions(), found);
        using RecordingReader reader = RecordingReader.Open(path);
        return Check(reader, options, found);
    }

    /// <summary>Checks a recording that is open.</summary>
    /// <param name="reader">The recording; the caller disposes it.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="found">Told of each difference as it is found.</param>
    /// <exception cref="RecordingException">The recording cannot be read to its end.</exception>
    public static CheckResult Check(RecordingReader reader, CheckOptions? options = null, Action<Difference>? found = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        options ??= new CheckOptions();
        if (reader.IsHeap)
        {
            HeapCheckResult heap = HeapChecker.Check(reader, options.DifferenceLimit, found);
            return new CheckResult(heap.File, heap.Results, heap.DifferenceCount, heap.Differences, 0, 0, heap.Warnings, reader.UnknownCalls);
        }

        using var replayer = new Replayer(reader, new ReplayOptions
        {
            Mode = ReplayMode.Check,
            Configure = options.Configure,
            DifferenceLimit = options.DifferenceLimit,
            Touch = options.Touch,
        });
        replayer.Log.Found = found;
        replayer.Run();
        return new CheckResult(reader.File, replayer.Log.Results, replayer.Log.DifferenceCount, replayer.Log.Differences,
            replayer.AdoptedStackPages, replayer.PassedOver, replayer.Warnings, reader.UnknownCalls);
    }
}
