using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pagewise.NativeMemory;

/// <summary>
/// A set-associative store of (tag, data) pairs: each set is kept in order of use, the pair used last first, so that the
/// last is the least recently used. Tag 0 means unused; unused pairs stand last. A set is its tags and then its data, so
/// that tags are compared four at a time. The holder keeps the range alive.
/// </summary>
public readonly unsafe struct LruSets
{
    /// <summary>The most pairs of a set: one bit each.</summary>
    private const int MaxWays = 64;

    // A set is moved back by reading from one before its start; the first set has that too.
    private const ulong LeadBytes = 64;

    private readonly ulong* _start;
    private readonly uint _setMask;
    private readonly uint _setBytes;
    private readonly uint _width;
    private readonly uint _ways;

    /// <summary>Sets on a range that has <see cref="SizeBytes"/> and is all zero.</summary>
    /// <param name="range">Where they are kept.</param>
    /// <param name="sets">How many: a power of two.</param>
    /// <param name="ways">Pairs in a set, 1 to 64.</param>
    public LruSets(NativeRange range, int sets, int ways)
    {
        if (sets < 1 || ways is < 1 or > MaxWays || !BitOperations.IsPow2(sets))
            throw new ArgumentOutOfRangeException(nameof(sets), $"{sets} sets of {ways} pairs: a power of two of sets is needed, of at most {MaxWays} pairs");
        ArgumentOutOfRangeException.ThrowIfLessThan(range.SizeBytes, SizeBytes(sets, ways));
        _start = (ulong*)(range.Start + LeadBytes);
        _setMask = (uint)sets - 1;
        _width = Width(ways);
        _setBytes = 2 * _width * sizeof(ulong);
        _ways = (uint)ways;
    }

    /// <summary>The bytes that sets take.</summary>
    public static ulong SizeBytes(int sets, int ways) => LeadBytes + ((ulong)sets * Width(ways) * 2 * sizeof(ulong));

    /// <summary>The data of the pair used last in the set of a number, if it has the tag; else 0. Changes nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong MostRecent(ulong tag, ulong number)
    {
        ulong* set = Set(number);
        return *set == tag ? set[_width] : 0;
    }

    /// <summary>Finds a pair in the set of a number and makes it the one used last.</summary>
    /// <returns>Its data; 0 when there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Find(ulong tag, ulong number)
    {
        ulong* set = Set(number);
        ulong found = Matches(set, tag);
        if (found == 0)
            return 0;
        uint way = (uint)BitOperations.TrailingZeroCount(found);
        ulong data = set[_width + way];
        PutFirst(set, way, tag, data);
        return data;
    }

    /// <summary>Puts a pair first in the set of a number, in place of the one with its tag or of the least recently used.</summary>
    public void Insert(ulong tag, ulong number, ulong data)
    {
        ulong* set = Set(number);
        ulong found = Matches(set, tag);
        if (found == 0)
            PutFirst(set, tag, data);
        else
            PutFirst(set, (uint)BitOperations.TrailingZeroCount(found), tag, data);
    }

    /// <summary>
    /// <see cref="Insert"/> right after <see cref="Find"/> looked for the same pair: it is first or not there, and is not
    /// looked for again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void InsertAfterFind(ulong tag, ulong number, ulong data)
    {
        ulong* set = Set(number);
        if (*set == tag)
            set[_width] = data;
        else
            PutFirst(set, tag, data);
    }

    /// <summary>Looks without changing the order.</summary>
    /// <returns>The data; 0 when there is none.</returns>
    public ulong Peek(ulong tag, ulong number)
    {
        ulong* set = Set(number);
        ulong found = Matches(set, tag);
        return found == 0 ? 0 : set[_width + (uint)BitOperations.TrailingZeroCount(found)];
    }

    /// <summary>Forgets the pair with a tag in the set of a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(ulong tag, ulong number)
    {
        ulong* set = Set(number);
        ulong found = Matches(set, tag);
        if (found != 0)
            Close(set, (uint)BitOperations.TrailingZeroCount(found));
    }

    /// <summary>Forgets every pair whose tag has a value under a mask; the value is not 0.</summary>
    public void RemoveAll(ulong mask, ulong value)
    {
        Vector256<ulong> masks = Vector256.Create(mask);
        Vector256<ulong> values = Vector256.Create(value);
        for (ulong* set = _start; set < End; set += 2 * _width)
        {
            for (int first = (int)_width - 4; first >= 0; first -= 4)
            {
                uint found = Vector256.Equals(Vector256.Load(set + first) & masks, values).ExtractMostSignificantBits();
                for (; found != 0; found &= (1u << BitOperations.Log2(found)) - 1)
                    Close(set, (uint)(first + BitOperations.Log2(found)));
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => new Span<ulong>(_start, (int)(End - _start)).Clear();

    private ulong* End => _start + ((_setMask + 1UL) * 2 * _width);

    private static uint Width(int ways) => ((uint)ways + 3) & ~3u;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* Set(ulong number) => (ulong*)((byte*)_start + (((uint)number & _setMask) * _setBytes));

    /// <summary>A bit for each place that has the tag: at most one. No early end, which would come as a surprise as often as not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Matches(ulong* set, ulong tag)
    {
        Vector256<ulong> wanted = Vector256.Create(tag);
        ulong found = MatchesOfFour(set, wanted);
        if (_width == 4)
            return found;
        found |= MatchesOfFour(set + 4, wanted) << 4;
        if (_width == 8)
            return found;
        found |= MatchesOfFour(set + 8, wanted) << 8;
        for (uint first = 12; first < _width; first += 4)
            found |= MatchesOfFour(set + first, wanted) << (int)first;
        return found;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MatchesOfFour(ulong* tags, Vector256<ulong> wanted) => Vector256.Equals(Vector256.Load(tags), wanted).ExtractMostSignificantBits();

    /// <summary>Puts a pair first and moves all others back by one place; the last one goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutFirst(ulong* set, ulong tag, ulong data)
    {
        // Data before tags, for a load that reaches back into what was just stored would wait for it.
        PutFirst(set + _width, data);
        PutFirst(set, tag);
        if (_ways != _width)
            set[_ways] = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutFirst(ulong* first, ulong value)
    {
        for (uint at = _width - 4; at > 0; at -= 4)
            Vector256.Load(first + at - 1).Store(first + at);
        WithFirst(Vector256.Load(first), value).Store(first);
    }

    /// <summary>Puts a pair first and moves those before a place back by one, over it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutFirst(ulong* set, uint way, ulong tag, ulong data)
    {
        Vector256<long> last = Vector256.Create((long)way);
        PutFirst(set + _width, last, data);
        PutFirst(set, last, tag);
    }

    /// <summary>Stores all vectors of the set, moved or not: how many move is chance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutFirst(ulong* first, Vector256<long> last, ulong value)
    {
        for (uint at = _width - 4; at > 0; at -= 4)
        {
            Vector256<ulong> stays = Vector256.GreaterThan(Vector256<long>.Indices + Vector256.Create((long)at), last).AsUInt64();
            Vector256.ConditionalSelect(stays, Vector256.Load(first + at), Vector256.Load(first + at - 1)).Store(first + at);
        }

        Vector256<ulong> front = Vector256.Load(first);
        Vector256.ConditionalSelect(Vector256.GreaterThan(Vector256<long>.Indices, last).AsUInt64(), front, WithFirst(front, value)).Store(first);
    }

    /// <summary>The value, and the first three of the four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> WithFirst(Vector256<ulong> four, ulong value) =>
        Vector256.ConditionalSelect(Vector256.Create(0UL, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue), Vector256.Shuffle(four, Vector256.Create(0UL, 0, 1, 2)), Vector256.CreateScalar(value));

    private void Close(ulong* set, uint way)
    {
        for (; way < _ways - 1; way++)
        {
            set[way] = set[way + 1];
            set[_width + way] = set[_width + way + 1];
        }

        set[way] = 0;
        set[_width + way] = 0;
    }
}
