namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.42 as tagged.</summary>
public readonly struct Glibc242 : ISince242;
