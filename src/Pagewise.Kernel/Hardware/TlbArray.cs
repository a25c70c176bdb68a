using System.Runtime.CompilerServices;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// One set-associative array of translations. Replacement is true LRU: each set is kept in order of use, the entry used
/// last first. Vendors do not publish theirs; LRU is the documented simplification.
/// </summary>
/// <remarks>
/// Tag, from bit 0: valid (1), address-space identifier (12), page number (45), page size level − 1 (2, at the top); see
/// <see cref="TlbKey"/>. Data: the frame's physical address with the rights of the whole walk in the bits of
/// <see cref="TlbRights"/>; never 0.
/// </remarks>
public sealed class TlbArray : IDisposable
{
    private readonly NativeRange _range;
    private readonly LruSets _sets;

    /// <summary>Makes an empty array.</summary>
    public TlbArray(TlbArrayGeometry geometry)
    {
        if (geometry.Ways <= 0 || geometry.Entries % geometry.Ways != 0 || !System.Numerics.BitOperations.IsPow2(geometry.Sets))
            throw new ArgumentException($"{geometry.Entries} entries in sets of {geometry.Ways} are not a power of two of sets", nameof(geometry));
        _range = new NativeRange(LruSets.SizeBytes(geometry.Sets, geometry.Ways));
        _sets = new LruSets(_range, geometry.Sets, geometry.Ways);
    }

    /// <summary>The data of the entry used last in the set that a page number falls into, if it has the tag; else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong MostRecent(ulong tag, ulong pageNumber) => _sets.MostRecent(tag, pageNumber);

    /// <summary>Finds an entry by tag and makes it the most recent of its set; 0 when there is none.</summary>
    /// <returns>The entry's data.</returns>
    public ulong Find(ulong tag, ulong pageNumber) => _sets.Find(tag, pageNumber);

    /// <summary>Puts an entry in, in place of one with its tag or of the least recently used.</summary>
    public void Insert(ulong tag, ulong pageNumber, ulong data) => _sets.Insert(tag, pageNumber, data);

    /// <summary>Forgets the entry with a tag.</summary>
    public void Remove(ulong tag, ulong pageNumber) => _sets.Remove(tag, pageNumber);

    /// <summary>Forgets one address space's entries.</summary>
    public void RemoveAsid(ushort asid) => _sets.RemoveAll(TlbKey.AsidMask, TlbKey.AsidBits(asid));

    /// <summary>Forgets everything.</summary>
    public void Clear() => _sets.Clear();

    /// <summary>Looks without touching the order; 0 when absent.</summary>
    public ulong Peek(ulong tag, ulong pageNumber) => _sets.Peek(tag, pageNumber);

    /// <inheritdoc/>
    public void Dispose() => _range.Dispose();
}
