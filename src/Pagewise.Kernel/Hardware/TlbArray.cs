using System.Runtime.CompilerServices;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// One set-associative array of translations. Replacement is true LRU; vendors do not publish theirs, so LRU is the
/// documented simplification. A wide fully associative array is kept as a pool, any other in sets: same entries, less work.
/// Copies are the same array; the default one is none, and knows nothing.
/// </summary>
/// <remarks>
/// Tag, from bit 0: valid (1), address-space identifier (12), page number (45), page size level − 1 (2, at the top); see
/// <see cref="TlbKey"/>. Data: the frame's physical address with the rights of the whole walk in the bits of
/// <see cref="TlbRights"/>; never 0.
/// </remarks>
#pragma warning disable CA1001 // it is disposable: the rule does not see that of a struct
public readonly struct TlbArray : IDisposable
#pragma warning restore CA1001
{
    private const int WidestSet = 24;

    private readonly NativeRange? _range;
    private readonly bool _isPool;
    private readonly LruSets _sets;
    private readonly LruPool _pool;

    /// <summary>Makes an empty array.</summary>
    public TlbArray(TlbArrayGeometry geometry)
    {
        if (geometry.Ways <= 0 || geometry.Entries % geometry.Ways != 0 || !System.Numerics.BitOperations.IsPow2(geometry.Sets))
            throw new ArgumentException($"{geometry.Entries} entries in sets of {geometry.Ways} are not a power of two of sets", nameof(geometry));
        _isPool = geometry.Sets == 1 && geometry.Ways is > WidestSet and <= LruPool.MaxWays;
        _range = new NativeRange(_isPool ? LruPool.SizeBytes(geometry.Ways) : LruSets.SizeBytes(geometry.Sets, geometry.Ways));
        if (_isPool)
            _pool = new LruPool(_range, geometry.Ways);
        else
            _sets = new LruSets(_range, geometry.Sets, geometry.Ways);
    }

    /// <summary>Whether there is one.</summary>
    public bool Exists => _range is not null;

    /// <summary>The common case of <see cref="Find"/>, at once: of a pool it looks at one place only, and so may miss what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong TryFind(ulong tag, ulong pageNumber) => _isPool ? _pool.FindAtHint(tag, pageNumber) : _sets.Find(tag, pageNumber);

    /// <summary>The rest of <see cref="Find"/>, when <see cref="TryFind"/> gave 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong FindFurther(ulong tag, ulong pageNumber) => _isPool ? _pool.Find(tag, pageNumber) : 0;

    /// <summary>Finds an entry by tag and makes it the most recent of its set; 0 when there is none.</summary>
    /// <returns>The entry's data.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Find(ulong tag, ulong pageNumber) => _isPool ? _pool.Find(tag, pageNumber) : _sets.Find(tag, pageNumber);

    /// <summary>Puts an entry in, in place of one with its tag or of the least recently used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Insert(ulong tag, ulong pageNumber, ulong data)
    {
        if (_isPool)
            _pool.Insert(tag, pageNumber, data);
        else
            _sets.Insert(tag, pageNumber, data);
    }

    /// <summary><see cref="Insert"/> right after <see cref="Find"/> looked for the same entry in vain, or found one that did not do.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="pageNumber">The page's number.</param>
    /// <param name="found">What it gave.</param>
    /// <param name="data">The data.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void InsertAfterFind(ulong tag, ulong pageNumber, ulong found, ulong data)
    {
        if (_isPool)
            _pool.Insert(tag, pageNumber, data);
        else
            _sets.InsertAfterFind(tag, pageNumber, found, data);
    }

    /// <summary>Forgets the entry with a tag.</summary>
    public void Remove(ulong tag, ulong pageNumber)
    {
        if (_isPool)
            _pool.RemoveAll(ulong.MaxValue, tag);
        else
            _sets.Remove(tag, pageNumber);
    }

    /// <summary>Forgets one address space's entries.</summary>
    public void RemoveAsid(ushort asid)
    {
        if (_isPool)
            _pool.RemoveAll(TlbKey.AsidMask, TlbKey.AsidBits(asid));
        else
            _sets.RemoveAll(TlbKey.AsidMask, TlbKey.AsidBits(asid));
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        if (_isPool)
            _pool.Clear();
        else
            _sets.Clear();
    }

    /// <summary>Looks without touching the order; 0 when absent.</summary>
    public ulong Peek(ulong tag, ulong pageNumber) => _isPool ? _pool.Peek(tag) : _sets.Peek(tag, pageNumber);

    /// <inheritdoc/>
    public void Dispose() => _range?.Dispose();
}
