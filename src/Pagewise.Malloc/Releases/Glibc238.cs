namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.38.</summary>
public readonly struct Glibc238 : ISince238;
