namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.33.</summary>
public readonly struct Glibc233 : ISince233;
