using Pagewise.Kernel;
using Pagewise.Replay.Heap;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay.Sweeping;

/// <summary>
/// One recording on many machines: every combination of the axes' values. Machines run side by side, each on a thread
/// of its own; outcomes come in the order of the values whatever ended first.
/// </summary>
public static class Sweeper
{
    /// <summary>Runs a sweep.</summary>
    /// <param name="file">The recording; read once for each machine.</param>
    /// <param name="axes">What varies; the last axis varies fastest.</param>
    /// <param name="configure">The machine on which the axes are laid.</param>
    /// <param name="touch">What is assumed where accesses were not recorded; null: as <c>run</c> does.</param>
    /// <param name="threads">Machines that run at once.</param>
    /// <param name="done">Told how many machines are done, from any thread.</param>
    /// <exception cref="RecordingException">The recording cannot be read.</exception>
    /// <exception cref="ReplayException">There are too many machines, or one of them cannot be.</exception>
    public static IReadOnlyList<SweepOutcome> Run(string file, IReadOnlyList<SweepAxis> axes, Func<MachineSpec, MachineSpec> configure, TouchAssumption? touch, int threads, Action<int>? done = null)
    {
        string[][] points = Points(axes);
        // Machines that cannot be are found before any work.
        foreach (string[] point in points)
        {
            using RecordingReader reader = RecordingReader.Open(file);
            Replay(reader, file, axes, point, configure, touch).Dispose();
        }

        var outcomes = new SweepOutcome[points.Length];
        var failures = new Exception?[points.Length];
        int ended = 0;
        Parallel.For(0, points.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, index =>
        {
            try
            {
                using RecordingReader reader = RecordingReader.Open(file);
                using Replayer replayer = Replay(reader, file, axes, points[index], configure, touch);
                replayer.Run();
                outcomes[index] = SweepOutcome.Of(replayer, points[index]);
            }
            catch (Exception exception) when (exception is RecordingException or ReplayException or NativeMemory.HostMemoryException)
            {
                failures[index] = exception;
            }

            done?.Invoke(Interlocked.Increment(ref ended));
        });
        return Array.Find(failures, failure => failure is not null) is { } first ? throw first : outcomes;
    }

    private static string[][] Points(IReadOnlyList<SweepAxis> axes)
    {
        long count = 1;
        foreach (SweepAxis axis in axes)
        {
            count *= axis.Values.Count;
            if (count > SweepAxis.MostValues)
                throw new ReplayException($"the sweep has more than {SweepAxis.MostValues} machines");
        }

        string[][] points = new string[count][];
        for (long i = 0; i < count; i++)
        {
            points[i] = new string[axes.Count];
            long rest = i;
            for (int axis = axes.Count - 1; axis >= 0; axis--)
            {
                points[i][axis] = axes[axis].Values[(int)(rest % axes[axis].Values.Count)];
                rest /= axes[axis].Values.Count;
            }
        }

        return points;
    }

    private static Replayer Replay(RecordingReader reader, string file, IReadOnlyList<SweepAxis> axes, string[] point, Func<MachineSpec, MachineSpec> configure, TouchAssumption? touch)
    {
        var options = new ReplayOptions
        {
            Mode = ReplayMode.Free,
            Touch = touch ?? (reader.IsHeap ? TouchAssumption.Write : TouchAssumption.None),
            Configure = Configure,
            DifferenceLimit = 0,
        };
        try
        {
            return new Replayer(reader, options) { HeapPlayer = new TaskHeap(file, options.Touch) };
        }
        catch (ReplayException exception)
        {
            throw new ReplayException($"{string.Join(", ", axes.Select((axis, i) => $"{axis.Key}={point[i]}"))}: {exception.Message}");
        }

        MachineSpec Configure(MachineSpec spec)
        {
            spec = configure(spec);
            for (int i = 0; i < axes.Count; i++)
                spec = axes[i].Apply(spec, point[i]);
            return spec;
        }
    }
}
