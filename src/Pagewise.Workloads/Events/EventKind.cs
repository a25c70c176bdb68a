namespace Pagewise.Workloads;

/// <summary>What an <see cref="Event"/> is, and so which column of the <see cref="EventBatch"/> holds it.</summary>
public enum EventKind : byte
{
    /// <summary>No event.</summary>
    None = 0,
    /// <summary>A system call: <see cref="EventBatch.Calls"/>.</summary>
    Call = 1,
    /// <summary>Loads, stores or instruction fetches: <see cref="EventBatch.AccessRuns"/>.</summary>
    Access = 2,
    /// <summary>One access to each page of a range, perhaps with its outcome: <see cref="EventBatch.Touches"/>.</summary>
    Touch = 3,
    /// <summary>A line that states something about the recording or the process: <see cref="EventBatch.Notes"/>.</summary>
    Note = 4,
    /// <summary>A call of the malloc family: <see cref="EventBatch.HeapCalls"/>.</summary>
    HeapCall = 5,
}
