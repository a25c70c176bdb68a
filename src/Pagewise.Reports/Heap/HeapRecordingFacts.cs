namespace Pagewise.Reports.Heap;

/// <summary>The recording behind a heap report, and how far the model followed it.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Format">Its format.</param>
/// <param name="Program">The command line; empty when not recorded.</param>
/// <param name="Glibc">The release; empty when not recorded.</param>
/// <param name="ReplayedGlibc">The release that it was replayed on: a name of <see cref="Malloc.AllocatorModels.Releases"/>.</param>
/// <param name="IsOtherGlibc">Whether that is not the recording's own, so that results are not compared.</param>
/// <param name="Platform">x86_64, i386 or armhf.</param>
/// <param name="Tunables">The recorded value of GLIBC_TUNABLES.</param>
/// <param name="Calls">Calls of the malloc family.</param>
/// <param name="Threads">The most threads that lived at once.</param>
/// <param name="Touch">The touch assumption: "write" every block is written in full, "none" only malloc's own writes count.</param>
/// <param name="Lacks">What the format does not have; empty for heap recordings.</param>
/// <param name="HasSystemCalls">Whether malloc's own system calls were recorded.</param>
/// <param name="ResultsCompared">Recorded results compared with the model's.</param>
/// <param name="ResultsDifferent">Those that are not the same.</param>
/// <param name="FirstDifferentCall">The first call whose result is not the same; 0 for none.</param>
/// <param name="Warnings">What could not be taken as recorded, each with how often it happened.</param>
/// <param name="Abort">The integrity check that ended the program; null for none.</param>
public sealed record HeapRecordingFacts(
    string File, string Format, string Program, string Glibc, string ReplayedGlibc, bool IsOtherGlibc, string Platform, string Tunables, long Calls, int Threads, string Touch,
    string Lacks, bool HasSystemCalls, long ResultsCompared, long ResultsDifferent, long FirstDifferentCall,
    IReadOnlyList<CountedWarning> Warnings, HeapAbort? Abort);
