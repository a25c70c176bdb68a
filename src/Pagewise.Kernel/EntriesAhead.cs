using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Pagewise.Kernel;

/// <summary>How far ahead of an access the next ones were prefetched, and where their last-level entries stand: one place each, in turn.</summary>
internal struct EntriesAhead
{
    /// <summary>How many fit: a power of two, more than are prefetched.</summary>
    private const int Length = 16;

    /// <summary>Walks done when the last ones ahead were prefetched.</summary>
    public long Walks;

    /// <summary>Runs before this one have had their walks prefetched.</summary>
    public uint Walked;

    /// <summary>Runs before this one have had their entries looked at.</summary>
    public uint Looked;

    /// <summary>Whether entries are looked at.</summary>
    public bool LooksNear;

    private Places _places;

    /// <summary>The place of a run.</summary>
    [UnscopedRef]
    public ref ulong this[uint run]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _places[(int)(run % Length)];
    }

    [InlineArray(Length)]
    private struct Places
    {
        private ulong _first;
    }
}
