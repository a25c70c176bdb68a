using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Lru;

/// <summary>
/// Two Bloom filters a lruvec with the page tables that are worth a walk (mm_state.filters, mm/vmscan.c, 6.1): the walk for
/// a generation reads one and fills the next one's. 32,768 bits, two keys an item.
/// </summary>
/// <param name="lruvecs">The number of lruvecs.</param>
internal sealed class BloomFilters(ulong lruvecs) : IDisposable
{
    private const int Shift = 15;
    private const int Words = (1 << Shift) / 64;
    private const int Filters = 2;

    /// <summary>GOLDEN_RATIO_64, by which hash_ptr multiplies.</summary>
    private const ulong GoldenRatio = 0x61C8864680B583EB;

    /// <summary>Where physical memory begins in the kernel's addresses without KASLR (PAGE_OFFSET with four levels).</summary>
    private const ulong PageOffset = 0xFFFF_8880_0000_0000;

    private readonly NativeArray<ulong> _bits = new(lruvecs * Filters * Words);

    /// <summary>Empties the filter of a generation (reset_bloom_filter).</summary>
    public void Reset(int lruvec, ref LruGen gen, ulong seq)
    {
        int filter = (int)(seq % Filters);
        _bits.Slice(Start(lruvec, filter), Words).Clear();
        gen.Filters |= 1 << filter;
    }

    /// <summary>Notes a table by the physical address of the entry that points to it (update_bloom_filter).</summary>
    public void Add(int lruvec, in LruGen gen, ulong seq, ulong entryAt)
    {
        int filter = (int)(seq % Filters);
        if ((gen.Filters & (1 << filter)) == 0)
            return;
        (uint first, uint second) = KeysOf(entryAt);
        uint start = Start(lruvec, filter);
        _bits[start + (first / 64)] |= 1UL << (int)(first % 64);
        _bits[start + (second / 64)] |= 1UL << (int)(second % 64);
    }

    /// <summary>Whether a table may have been noted (test_bloom_filter); without a filter all have.</summary>
    public bool MayHave(int lruvec, in LruGen gen, ulong seq, ulong entryAt)
    {
        int filter = (int)(seq % Filters);
        if ((gen.Filters & (1 << filter)) == 0)
            return true;
        (uint first, uint second) = KeysOf(entryAt);
        uint start = Start(lruvec, filter);
        return (_bits[start + (first / 64)] & (1UL << (int)(first % 64))) != 0 && (_bits[start + (second / 64)] & (1UL << (int)(second % 64))) != 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _bits.Dispose();

    private static uint Start(int lruvec, int filter) => ((uint)lruvec * Filters * Words) + ((uint)filter * Words);

    private static (uint First, uint Second) KeysOf(ulong entryAt)
    {
        uint hash = (uint)(((PageOffset + entryAt) * GoldenRatio) >> (64 - (2 * Shift)));
        return (hash & ((1 << Shift) - 1), hash >> Shift);
    }
}
