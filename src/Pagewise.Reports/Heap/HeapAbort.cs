namespace Pagewise.Reports.Heap;

/// <summary>An integrity check of glibc's that ended the program with SIGABRT.</summary>
/// <param name="Message">glibc's message.</param>
/// <param name="Call">The number of the call that did it.</param>
/// <param name="Line">Its line in the recording.</param>
/// <param name="Text">The call.</param>
public sealed record HeapAbort(string Message, long Call, long Line, string Text);
