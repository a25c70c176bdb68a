namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.34.</summary>
public readonly struct Glibc234 : ISince234;
