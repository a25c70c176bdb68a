namespace Pagewise.Malloc;

/// <summary>
/// The modelled program died inside malloc: an integrity check failed (glibc's <c>malloc_printerr</c>) and the program
/// got SIGABRT. The allocator's state is that of the moment of death; no further call may be made on it.
/// </summary>
public sealed class MallocAbortException : Exception
{
    /// <summary>A failed check with glibc's message, such as "free(): invalid pointer".</summary>
    public MallocAbortException(string message)
        : base(message)
    {
    }
}
