namespace Pagewise.Malloc.Flat;

/// <summary>Who places mappings that have no fixed address.</summary>
public enum FlatPlacement
{
    /// <summary>Linux: the highest gap that is long enough.</summary>
    TopDown = 0,

    /// <summary>
    /// qemu-user for a 32-bit guest: next fit, downwards from where the last mapping was placed, that place itself
    /// first; mremap with MREMAP_MAYMOVE always moves (linux-user/mmap.c).
    /// </summary>
    QemuUser = 1,
}
