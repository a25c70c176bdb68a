namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.39 and 2.40.</summary>
public readonly struct Glibc239 : ISince239;
