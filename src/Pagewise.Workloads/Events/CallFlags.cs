namespace Pagewise.Workloads;

/// <summary>What a recording says of a call beside its numbers.</summary>
[Flags]
public enum CallFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary><see cref="CallRecord.Result"/> was recorded.</summary>
    HasResult = 1,
    /// <summary>The result was printed as <c>?</c>: the call did not return (exit, a killed process).</summary>
    ResultUnknown = 2,
    /// <summary>The recording ends, or the task ends, before the call returned.</summary>
    Unfinished = 4,
    /// <summary>The call was printed in two lines, <c>&lt;unfinished ...&gt;</c> and <c>&lt;... resumed&gt;</c>.</summary>
    Resumed = 8,
    /// <summary>
    /// A fork, vfork, clone or clone3 that is placed before its resumed line, because its child runs before it.
    /// </summary>
    ChildRanFirst = 16,
    /// <summary>Made inside the allocator's call whose line follows (heap recordings).</summary>
    InMalloc = 32,
    /// <summary>Made after the last recorded call of a truncated heap recording.</summary>
    AfterLastCall = 64,
    /// <summary><see cref="CallRecord.Path"/> was cut by the recorder (strace's <c>"..."...</c>).</summary>
    PathTruncated = 128,
    /// <summary>The payload was cut by the recorder.</summary>
    PayloadTruncated = 256,
    /// <summary>The file of <see cref="CallRecord.FdPath"/> is deleted (strace's <c>&lt;path&gt;(deleted)</c>).</summary>
    FdDeleted = 512,
    /// <summary>The call was made by a 32-bit program through <c>mmap2</c>; the offset is in bytes all the same.</summary>
    Mmap2 = 1024,
    /// <summary>
    /// Some argument is missing, or has a symbol whose value Pagewise does not know (never so in memory and process
    /// calls that returned: there it is an error of the recording).
    /// </summary>
    ArgumentsIncomplete = 2048,
    /// <summary>Other tasks did something between the call's beginning and its end: see <see cref="CallRecord.LinesInFlight"/>.</summary>
    InFlight = 4096,
}
