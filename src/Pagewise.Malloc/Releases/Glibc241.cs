namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.41.</summary>
public readonly struct Glibc241 : ISince241;
