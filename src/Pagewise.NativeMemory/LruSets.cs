using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pagewise.NativeMemory;

/// <summary>
/// A set-associative store of (tag, data) pairs, the least recently used of a set replaced. A pair stays in its place;
/// beside each set stand the places in order of use, a byte each, the one used last first. Tag 0 means unused; unused
/// places stand last. A set is its tags and then its data, so that tags are compared four at a time. The holder keeps the
/// range alive.
/// </summary>
public readonly unsafe struct LruSets
{
    /// <summary>The most pairs of a set: their order is one vector of bytes.</summary>
    private const int MaxWays = 32;

    /// <summary>The most whose order is a vector of half that size, which costs less.</summary>
    private const int ShortWays = 16;

    private const ulong LineBytes = 64;

    private readonly ulong* _start;
    private readonly byte* _orders;
    private readonly uint _setMask;
    private readonly uint _setBytes;
    private readonly uint _width;
    private readonly uint _ways;

    /// <summary>Sets on a range that has <see cref="SizeBytes"/> and is all zero.</summary>
    /// <param name="range">Where they are kept.</param>
    /// <param name="sets">How many: a power of two.</param>
    /// <param name="ways">Pairs in a set, 1 to 32.</param>
    public LruSets(NativeRange range, int sets, int ways)
    {
        if (sets < 1 || ways is < 1 or > MaxWays || !BitOperations.IsPow2(sets))
            throw new ArgumentOutOfRangeException(nameof(sets), $"{sets} sets of {ways} pairs: a power of two of sets is needed, of at most {MaxWays} pairs");
        ArgumentOutOfRangeException.ThrowIfLessThan(range.SizeBytes, SizeBytes(sets, ways));
        _orders = range.Start;
        _start = (ulong*)(range.Start + OrdersBytes(sets));
        _setMask = (uint)sets - 1;
        _width = Width(ways);
        _setBytes = 2 * _width * sizeof(ulong);
        _ways = (uint)ways;
        for (uint set = 0; set <= _setMask; set++)
        {
            for (int way = 0; way < MaxWays; way++)
                Order(set)[way] = (byte)way;
        }
    }

    /// <summary>The bytes that sets take.</summary>
    public static ulong SizeBytes(int sets, int ways) => OrdersBytes(sets) + ((ulong)sets * Width(ways) * 2 * sizeof(ulong));

    /// <summary>Finds a pair in the set of a number and makes it the one used last.</summary>
    /// <returns>Its data; 0 when there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Find(ulong tag, ulong number)
    {
        uint set = (uint)number & _setMask;
        ulong* tags = Tags(set);
        ulong found = Matches(tags, tag);
        if (found == 0)
            return 0;
        uint way = (uint)BitOperations.TrailingZeroCount(found);
        Use(Order(set), way);
        return tags[_width + way];
    }

    /// <summary>Puts a pair in the set of a number, in place of the one with its tag or of the least recently used, as the one used last.</summary>
    public void Insert(ulong tag, ulong number, ulong data) => InsertAfterFind(tag, number, Find(tag, number), data);

    /// <summary><see cref="Insert"/> right after <see cref="Find"/> looked for the same pair: it is first or not there, and is not looked for again.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="number">The number.</param>
    /// <param name="found">What it gave.</param>
    /// <param name="data">The data.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void InsertAfterFind(ulong tag, ulong number, ulong found, ulong data)
    {
        uint set = (uint)number & _setMask;
        byte* order = Order(set);
        uint way;
        if (found == 0)
        {
            way = order[_ways - 1];
            PutFirst(order, way);
        }
        else
        {
            way = *order;
        }

        ulong* tags = Tags(set);
        tags[way] = tag;
        tags[_width + way] = data;
    }

    /// <summary>Looks without changing the order.</summary>
    /// <returns>The data; 0 when there is none.</returns>
    public ulong Peek(ulong tag, ulong number)
    {
        ulong* tags = Tags((uint)number & _setMask);
        ulong found = Matches(tags, tag);
        return found == 0 ? 0 : tags[_width + (uint)BitOperations.TrailingZeroCount(found)];
    }

    /// <summary>Forgets the pair with a tag in the set of a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(ulong tag, ulong number)
    {
        uint set = (uint)number & _setMask;
        ulong* tags = Tags(set);
        ulong found = Matches(tags, tag);
        if (found == 0)
            return;
        uint way = (uint)BitOperations.TrailingZeroCount(found);
        tags[way] = 0;
        PutLast(Order(set), way);
    }

    /// <summary>Forgets every pair whose tag has a value under a mask; the value is not 0.</summary>
    public void RemoveAll(ulong mask, ulong value)
    {
        Vector256<ulong> masks = Vector256.Create(mask);
        Vector256<ulong> values = Vector256.Create(value);
        for (uint set = 0; set <= _setMask; set++)
        {
            ulong* tags = Tags(set);
            Vector256<ulong> left = default;
            ulong found = 0;
            for (uint first = 0; first < _width; first += 4)
            {
                Vector256<ulong> four = Vector256.Load(tags + first);
                Vector256<ulong> goes = Vector256.Equals(four & masks, values);
                found |= (ulong)goes.ExtractMostSignificantBits() << (int)first;
                four = Vector256.AndNot(four, goes);
                left |= four;
                four.Store(tags + first);
            }

            // Where nothing is left, any order will do.
            for (; found != 0 && left != default; found &= found - 1)
                PutLast(Order(set), (uint)BitOperations.TrailingZeroCount(found));
        }
    }

    /// <summary>Forgets everything; then any order will do.</summary>
    public void Clear() => new Span<ulong>(_start, (int)((_setMask + 1) * 2 * _width)).Clear();

    private static ulong OrdersBytes(int sets) => (((ulong)sets * MaxWays) + LineBytes - 1) & ~(LineBytes - 1);

    private static uint Width(int ways) => ((uint)ways + 3) & ~3u;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* Tags(uint set) => (ulong*)((byte*)_start + (set * _setBytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Order(uint set) => _orders + (set * MaxWays);

    /// <summary>A bit for each place that has the tag: at most one. No early end, which would come as a surprise as often as not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Matches(ulong* tags, ulong tag)
    {
        Vector256<ulong> wanted = Vector256.Create(tag);
        ulong found = MatchesOfFour(tags, wanted);
        if (_width == 4)
            return found;
        found |= MatchesOfFour(tags + 4, wanted) << 4;
        if (_width == 8)
            return found;
        found |= MatchesOfFour(tags + 8, wanted) << 8;
        for (uint first = 12; first < _width; first += 4)
            found |= MatchesOfFour(tags + first, wanted) << (int)first;
        return found;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MatchesOfFour(ulong* tags, Vector256<ulong> wanted) => Vector256.Equals(Vector256.Load(tags), wanted).ExtractMostSignificantBits();

    /// <summary>Puts a place first, those before it one back. No branch on where it stood, which is chance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Use(byte* order, uint way)
    {
        if (_ways <= ShortWays)
        {
            Vector128<byte> old = Vector128.Load(order);
            Vector128<byte> at = Vector128.Create((byte)BitOperations.TrailingZeroCount(Vector128.Equals(old, Vector128.Create((byte)way)).ExtractMostSignificantBits()));
            Vector128.ConditionalSelect(Vector128.GreaterThan(Vector128<byte>.Indices.AsSByte(), at.AsSByte()).AsByte(), old, WithFirst(old, way)).Store(order);
        }
        else
        {
            UseLong(order, way);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseLong(byte* order, uint way)
    {
        Vector256<byte> old = Vector256.Load(order);
        Vector256<byte> at = Vector256.Create((byte)BitOperations.TrailingZeroCount(Vector256.Equals(old, Vector256.Create((byte)way)).ExtractMostSignificantBits()));
        Vector256<byte> moved = Vector256.Shuffle(old, Vector256<byte>.Indices - Vector256<byte>.One).WithElement(0, (byte)way);
        Vector256.ConditionalSelect(Vector256.GreaterThan(Vector256<byte>.Indices.AsSByte(), at.AsSByte()).AsByte(), old, moved).Store(order);
    }

    /// <summary>Puts the last place first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutFirst(byte* order, uint way)
    {
        // What comes to stand behind the last one means nothing.
        if (_ways <= ShortWays)
            WithFirst(Vector128.Load(order), way).Store(order);
        else
            UseLong(order, way);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PutLast(byte* order, uint way)
    {
        Span<byte> old = new(order, (int)_ways);
        int at = old.IndexOf((byte)way);
        old[(at + 1)..].CopyTo(old[at..]);
        old[^1] = (byte)way;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> WithFirst(Vector128<byte> order, uint first) =>
        Vector128.Shuffle(order, Vector128.Create((byte)0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)).WithElement(0, (byte)first);
}
