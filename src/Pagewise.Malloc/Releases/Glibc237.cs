namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.37.</summary>
public readonly struct Glibc237 : ISince237;
