namespace Pagewise.Kernel.Hardware;

/// <summary>
/// One level of TLB for one kind of access: an array for each page size. Sizes that share an array name the same
/// <see cref="Shared"/> group.
/// </summary>
public sealed record TlbGeometry
{
    /// <summary>4 KiB pages.</summary>
    public TlbArrayGeometry Pages4K { get; init; }

    /// <summary>2 MiB and 4 MiB pages; ignored when <see cref="Shared"/> is 2 or more.</summary>
    public TlbArrayGeometry Pages2M { get; init; }

    /// <summary>1 GiB pages; ignored when <see cref="Shared"/> is 3.</summary>
    public TlbArrayGeometry Pages1G { get; init; }

    /// <summary>How many page sizes, from 4 KiB up, share the array of 4 KiB pages: 1 none, 2 also 2 MiB, 3 all.</summary>
    public int Shared { get; init; } = 1;
}
