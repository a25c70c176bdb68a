using System.Runtime.CompilerServices;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// One set-associative array of translations. Replacement is true LRU: each set is kept in order of use, the entry used
/// last first. Vendors do not publish theirs; LRU is the documented simplification.
/// </summary>
public sealed class TlbArray : IDisposable
{
    private readonly NativeArray<TlbEntry> _entries;
    private readonly uint _setMask;
    private readonly int _ways;

    /// <summary>Makes an empty array.</summary>
    public TlbArray(TlbArrayGeometry geometry)
    {
        if (geometry.Ways <= 0 || geometry.Entries % geometry.Ways != 0 || !System.Numerics.BitOperations.IsPow2(geometry.Sets))
            throw new ArgumentException($"{geometry.Entries} entries in sets of {geometry.Ways} are not a power of two of sets", nameof(geometry));
        Geometry = geometry;
        _ways = geometry.Ways;
        _setMask = (uint)geometry.Sets - 1;
        _entries = new NativeArray<TlbEntry>((ulong)geometry.Entries);
    }

    /// <summary>The array's shape.</summary>
    public TlbArrayGeometry Geometry { get; }

    /// <summary>The entry used last in the set that a page number falls into.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref TlbEntry MostRecent(ulong pageNumber) => ref _entries[((uint)pageNumber & _setMask) * (uint)_ways];

    /// <summary>Finds an entry by tag and makes it the most recent of its set; 0 when there is none.</summary>
    /// <returns>The entry's data.</returns>
    public ulong Find(ulong tag, ulong pageNumber)
    {
        Span<TlbEntry> set = Set(pageNumber);
        for (int way = 0; way < set.Length; way++)
        {
            if (set[way].Tag != tag)
                continue;
            TlbEntry found = set[way];
            for (; way > 0; way--)
                set[way] = set[way - 1];
            set[0] = found;
            return found.Data;
        }

        return 0;
    }

    /// <summary>Puts an entry in, in place of one with its tag or of the least recently used.</summary>
    public void Insert(ulong tag, ulong pageNumber, ulong data)
    {
        Span<TlbEntry> set = Set(pageNumber);
        int way = 0;
        while (way < set.Length - 1 && set[way].Tag != tag && set[way].Tag != 0)
            way++;
        for (; way > 0; way--)
            set[way] = set[way - 1];
        set[0] = new TlbEntry { Tag = tag, Data = data };
    }

    /// <summary>Forgets the entry with a tag.</summary>
    public void Remove(ulong tag, ulong pageNumber)
    {
        Span<TlbEntry> set = Set(pageNumber);
        for (int way = 0; way < set.Length; way++)
        {
            if (set[way].Tag != tag)
                continue;
            Close(set, way);
            return;
        }
    }

    /// <summary>Forgets one address space's entries.</summary>
    public void RemoveAsid(ushort asid)
    {
        ulong value = TlbKey.AsidBits(asid);
        for (uint first = 0; first < (uint)Geometry.Entries; first += (uint)_ways)
        {
            Span<TlbEntry> set = SetAt(first);
            for (int way = set.Length - 1; way >= 0; way--)
            {
                if ((set[way].Tag & TlbKey.AsidMask) == value)
                    Close(set, way);
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _entries.Slice(0, Geometry.Entries).Clear();

    /// <summary>Looks without touching the order; 0 when absent.</summary>
    public ulong Peek(ulong tag, ulong pageNumber)
    {
        foreach (TlbEntry entry in Set(pageNumber))
        {
            if (entry.Tag == tag)
                return entry.Data;
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _entries.Dispose();

    private static void Close(Span<TlbEntry> set, int way)
    {
        for (; way < set.Length - 1; way++)
            set[way] = set[way + 1];
        set[^1] = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<TlbEntry> Set(ulong pageNumber) => SetAt(((uint)pageNumber & _setMask) * (uint)_ways);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<TlbEntry> SetAt(uint first) => _entries.Slice(first, _ways);
}
