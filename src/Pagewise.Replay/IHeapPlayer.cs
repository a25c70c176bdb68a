using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Malloc;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <summary>
/// Makes the calls of a heap recording happen in a task's memory: user space above the two doors. The replayer drives it
/// where a recording has calls of the malloc family.
/// </summary>
public interface IHeapPlayer
{
    /// <summary>Whether integrity checks or a lack of memory have ended the program; nothing more is to be played then.</summary>
    bool IsDead { get; }

    /// <summary>Takes a note of the recording's beginning.</summary>
    void Take(EventBatch batch, in NoteRecord note);

    /// <summary>The program is loaded.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="task">The first thread's index in the task table.</param>
    /// <param name="counts">Where its system calls are counted.</param>
    /// <param name="log">Where recorded results are compared; null where the program lies elsewhere than it was recorded.</param>
    void Begin(Machine machine, int task, CallCounts counts, Comparing.ResultLog? log);

    /// <summary>A call.</summary>
    /// <param name="line">Its line in the recording.</param>
    /// <param name="tid">The thread as the recording numbers it.</param>
    /// <param name="task">The thread's index in the task table.</param>
    /// <param name="call">The call.</param>
    void Call(long line, int tid, int task, in HeapCallRecord call);

    /// <summary>The program has moved the break itself.</summary>
    void ProgramMovedBreak(ulong address);

    /// <summary>What could not be played as recorded, each kind with how often it happened, ordered.</summary>
    IReadOnlyDictionary<string, long> Warnings { get; }

    /// <summary>Accesses made because the program is assumed to write its blocks.</summary>
    long AssumedAccesses { get; }

    /// <summary>The address space that the heap lies in, by index; 0: no call was made yet.</summary>
    int Mm { get; }

    /// <summary>Calls played.</summary>
    long Calls { get; }

    /// <summary>Every chunk of every arena, ascending within each part of an arena; empty when the program has died or a page of the heap cannot be read back. Looking changes nothing.</summary>
    IReadOnlyList<HeapChunk> WalkChunks();

    /// <summary>Those of the last call, until the next.</summary>
    ReadOnlySpan<AccessRun> LastAccesses { get; }
}
