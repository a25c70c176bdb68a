using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;
using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests.Heap;

/// <summary>Heap recordings played in a process of the modelled machine.</summary>
public class TaskHeapTests
{
    public static TheoryData<string> Recordings { get; } = ["xz", "ld", "mt-sort", "mt-xz-T4", "git-log.notcache", "stress-foreign-1", "i386-stress-mix-1"];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void EveryBlockLiesWhereItWasRecorded(string name)
    {
        using RecordingReader reader = RecordingReader.Open(Path.Combine(HeapOracle.Folder, "heap", name + ".txt.zst"));
        using var replayer = new Replayer(reader, new ReplayOptions { Mode = ReplayMode.Free })
        {
            HeapPlayer = new TaskHeap(reader.File, TouchAssumption.None),
        };
        replayer.Run();

        replayer.Log.Differences.Take(3).ShouldBeEmpty();
        replayer.Log.Results.ShouldBeGreaterThan(10);
        replayer.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void TheModelledProcessHasTheHeapOfTheFlatReplay()
    {
        string file = Path.Combine(HeapOracle.Folder, "heap", "python-json.txt.zst");
        HeapTotals flat = Scripts.Replay(HeapScript.Read(file));
        using RecordingReader reader = RecordingReader.Open(file);
        using var replayer = new Replayer(reader, new ReplayOptions { Mode = ReplayMode.Free, Touch = TouchAssumption.Write })
        {
            HeapPlayer = new TaskHeap(file, TouchAssumption.Write),
        };
        var heap = new HeapAtTheEnd();
        replayer.Observer = heap;
        replayer.Run();

        replayer.Log.DifferenceCount.ShouldBe(0);
        ((ulong)heap.ResidentPages * 4096).ShouldBe(flat.ResidentBytes - flat.MmappedBytes);
        heap.Bytes.ShouldBe(flat.ArenaBytes);
    }

    private sealed class HeapAtTheEnd : IReplayObserver
    {
        public long ResidentPages { get; private set; }

        public ulong Bytes { get; private set; }

        public void BatchDone(Replayer replayer)
        {
        }

        public void SpaceEnding(Replayer replayer, ReplayTask task)
        {
            TaskStruct thread = replayer.Machine.Tasks.Tasks[task.Task];
            MmStruct mm = replayer.Machine.AddressSpaces.Mms[thread.Mm];
            ResidentPages = replayer.Machine.Census(thread.Mm, mm.StartBrk, (mm.Brk + 4095) & ~4095UL).ResidentPages;
            Bytes = mm.Brk - mm.StartBrk;
        }
    }
}
