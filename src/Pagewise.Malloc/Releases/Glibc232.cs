namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.32.</summary>
public readonly struct Glibc232 : ISince232;
