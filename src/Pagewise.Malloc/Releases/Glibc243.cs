namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.43 (as of January 2026, days before its release).</summary>
public readonly struct Glibc243 : ISince243;
