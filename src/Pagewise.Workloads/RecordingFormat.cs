namespace Pagewise.Workloads;

/// <summary>The format of a recording, found by its content.</summary>
public enum RecordingFormat
{
    /// <summary>None of the known ones.</summary>
    Unknown = 0,
    /// <summary>strace text, with or without <c>touch</c> lines and the comments of <c>oracle/README.md</c>.</summary>
    Strace = 1,
    /// <summary>A heap recording: <c>[tid] malloc(24) = 0x…</c>.</summary>
    Heap = 2,
    /// <summary>valgrind lackey's <c>--trace-mem=yes</c> text.</summary>
    Lackey = 3,
    /// <summary>Pagewise's own columnar binary.</summary>
    Pgw = 4,
    /// <summary>ltrace text with calls of the malloc family.</summary>
    Ltrace = 5,
    /// <summary>The log of glibc's mtrace(3).</summary>
    Mtrace = 6,
    /// <summary>heaptrack's raw file.</summary>
    Heaptrack = 7,
}
