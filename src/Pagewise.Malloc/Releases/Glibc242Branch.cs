namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.42 as its release branch has it.</summary>
public readonly struct Glibc242Branch : ISince242Branch;
