namespace Pagewise.Workloads;

/// <summary>What a line that is no call says. The forms are those of <c>oracle/README.md</c> and of strace itself.</summary>
public enum NoteKind : byte
{
    /// <summary>A comment without a known form.</summary>
    Comment = 0,
    /// <summary><c># vm log</c>, <c># vmfuzz</c>, <c># vmcases</c>: what was recorded; the body is the text after <c># </c>.</summary>
    Header = 1,
    /// <summary><c># kernel 6.18.44; …</c>; the body starts at the release.</summary>
    Kernel = 2,
    /// <summary><c>#S PID exec|exit comm=… minflt=…</c>: fields of /proc/PID/stat.</summary>
    Stat = 3,
    /// <summary><c>#L PID stack=… data=…</c>: resource limits and personality.</summary>
    Limits = 4,
    /// <summary><c>#V PID VmPeak=…</c>: the Vm lines of /proc/PID/status.</summary>
    Status = 5,
    /// <summary><c>#M [PID] line</c>: a line of /proc/PID/maps; the body is that line.</summary>
    Map = 6,
    /// <summary><c>#! PID …</c>: a copy is missing, or was not taken in a stop.</summary>
    NoCopy = 7,
    /// <summary><c># maps start|periodic|case|end</c>: the map lines that follow are the whole map at this moment.</summary>
    MapsBegin = 8,
    /// <summary><c># case name: …</c>.</summary>
    Case = 9,
    /// <summary><c># total minflt N majflt N</c>; the value is minflt.</summary>
    TotalFaults = 10,
    /// <summary><c>+++ exited with N +++</c>; the value is N.</summary>
    Exited = 11,
    /// <summary><c>+++ killed by SIGX +++</c>; the value is the signal's number.</summary>
    Killed = 12,
    /// <summary><c>+++ superseded by execve in pid N +++</c>; the value is N.</summary>
    Superseded = 13,
    /// <summary><c>--- SIGX {…} ---</c>: a signal was delivered; the value is its number.</summary>
    Signal = 14,
    /// <summary>A line of the tool that recorded: <c>strace: …</c>, <c>==PID== …</c>.</summary>
    Tool = 15,

    /// <summary><c># program: …</c> of a heap recording; the body is the command line.</summary>
    HeapProgram = 32,
    /// <summary><c># glibc 2.36 word 64 x86_64</c>; the body starts at the release.</summary>
    HeapGlibc = 33,
    /// <summary><c># GLIBC_TUNABLES=…</c>; the body is the variable's value.</summary>
    HeapTunables = 34,
    /// <summary><c># heap start (sbrk(0) at first call) 0x…</c>; the value is the address.</summary>
    HeapStart = 35,
    /// <summary><c># brk 0x…</c>: the break moved to this value during the call just above.</summary>
    HeapBreak = 36,
    /// <summary><c># brk 0x… (moved outside recorded calls)</c>: by the program's own sbrk, before the next call.</summary>
    HeapForeignBreak = 37,
    /// <summary><c># mallinfo2 [final] after_call=N arena=…</c>; the value is N. See <see cref="Mallinfo2"/>.</summary>
    HeapMallinfo2 = 38,
    /// <summary><c># end: why; calls N; unlogged N</c>.</summary>
    HeapEnd = 39,
    /// <summary><c># final sbrk(0) 0x…</c>; the value is the address.</summary>
    HeapFinalBreak = 40,
    /// <summary><c># lacks: …</c>: what a recording that was made by another tool does not have; the body is the list.</summary>
    HeapLacks = 41,
}
