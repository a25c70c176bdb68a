using System.Runtime.CompilerServices;

namespace Pagewise.Kernel;

/// <summary>Where the last-level entries of the accesses ahead stand: one place each, in turn.</summary>
[InlineArray(Length)]
internal struct EntriesAhead
{
    /// <summary>How many fit: a power of two, more than are prefetched.</summary>
    public const int Length = 16;

    private ulong _first;
}
