namespace Pagewise.Workloads;

/// <summary>
/// One step of a recording: where in the <see cref="EventBatch"/>'s columns its data stands. 24 bytes. Consecutive
/// access runs of one task are one event with a <see cref="Count"/>; every other kind has a count of 1.
/// </summary>
/// <param name="Kind">Which column.</param>
/// <param name="Index">The first element in that column.</param>
/// <param name="Count">How many consecutive elements of that column, at least 1.</param>
/// <param name="Tid">
/// The task as the recording numbers it (strace's pid column, the heap recorder's <c>[tid]</c>), 0 where it does not.
/// </param>
/// <param name="Line">The line of the text recording, from 1, that completed the event.</param>
public readonly record struct Event(EventKind Kind, int Index, int Count, int Tid, long Line);
