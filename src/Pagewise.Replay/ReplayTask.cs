namespace Pagewise.Replay;

/// <summary>A thread of the recording and its counterpart in the machine.</summary>
public sealed class ReplayTask
{
    /// <summary>The thread as the recording numbers it; 0 where it does not number them.</summary>
    public required int RecordedTid { get; init; }

    /// <summary>Its index in the machine's task table; 0 when the thread is not modelled.</summary>
    public int Task { get; set; }

    /// <summary>Its address space; threads and vfork children share it.</summary>
    public required ReplaySpace Space { get; set; }

    /// <summary>
    /// Whether its calls are passed over until its next execve: the recording lacks the copy of the program it runs.
    /// </summary>
    public bool IsPassedOver { get; set; }

    /// <summary>Whether the model's OOM killer ended it: what the recording has of it from then on is passed over.</summary>
    public bool IsKilled { get; set; }
}
