namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.35 and 2.36.</summary>
public readonly struct Glibc236 : ISince235;
