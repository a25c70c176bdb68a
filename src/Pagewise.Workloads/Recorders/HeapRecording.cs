namespace Pagewise.Workloads;

/// <summary>A heap recording of one process image.</summary>
/// <param name="File">The file.</param>
/// <param name="Pid">The process.</param>
/// <param name="Program">Its command line; that of the parent for a forked child that has not called execve.</param>
/// <param name="Calls">Lines of calls, with those of the parent before the fork.</param>
public sealed record HeapRecording(string File, int Pid, string Program, long Calls);
