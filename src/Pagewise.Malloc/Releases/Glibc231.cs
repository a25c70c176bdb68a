namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.31.</summary>
public readonly struct Glibc231 : IGlibcRelease;
