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
    // A set is moved back by reading from one before its start; the first set has that too.
    private const ulong LeadBytes = 64;

    private readonly ulong* _start;
    private readonly uint _setMask;
    private readonly uint _width;
    private readonly int _ways;

    /// <summary>Sets on a range that has <see cref="SizeBytes"/> and is all zero.</summary>
    /// <param name="range">Where they are kept.</param>
    /// <param name="sets">How many: a power of two.</param>
    /// <param name="ways">Pairs in a set, at least 1.</param>
    public LruSets(NativeRange range, int sets, int ways)
    {
        if (sets < 1 || ways < 1 || !BitOperations.IsPow2(sets))
            throw new ArgumentOutOfRangeException(nameof(sets), $"{sets} sets of {ways} pairs: a power of two of sets is needed");
        ArgumentOutOfRangeException.ThrowIfLessThan(range.SizeBytes, SizeBytes(sets, ways));
        _start = (ulong*)(range.Start + LeadBytes);
        _setMask = (uint)sets - 1;
        _width = Width(ways);
        _ways = ways;
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
        int way = IndexOf(set, tag);
        if (way < 0)
            return 0;
        ulong data = set[_width + (uint)way];
        if (way > 0)
            PutFirst(set, way, tag, data);
        return data;
    }

    /// <summary>Puts a pair first in the set of a number, in place of the one with its tag or of the least recently used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Insert(ulong tag, ulong number, ulong data)
    {
        ulong* set = Set(number);
        int way = IndexOf(set, tag);
        PutFirst(set, way < 0 ? (int)_width - 1 : way, tag, data);
        if (_ways != (int)_width)
            set[_ways] = 0;
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
        {
            set[_width] = data;
            return;
        }

        PutFirst(set, (int)_width - 1, tag, data);
        if (_ways != (int)_width)
            set[_ways] = 0;
    }

    /// <summary>Looks without changing the order.</summary>
    /// <returns>The data; 0 when there is none.</returns>
    public ulong Peek(ulong tag, ulong number)
    {
        ulong* set = Set(number);
        int way = IndexOf(set, tag);
        return way < 0 ? 0 : set[_width + (uint)way];
    }

    /// <summary>Forgets the pair with a tag in the set of a number.</summary>
    public void Remove(ulong tag, ulong number)
    {
        ulong* set = Set(number);
        int way = IndexOf(set, tag);
        if (way >= 0)
            Close(set, way);
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
                    Close(set, first + BitOperations.Log2(found));
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => new Span<ulong>(_start, (int)(End - _start)).Clear();

    private ulong* End => _start + ((_setMask + 1UL) * 2 * _width);

    private static uint Width(int ways) => ((uint)ways + 3) & ~3u;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* Set(ulong number) => _start + (nuint)(((uint)number & _setMask) * (2 * _width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int IndexOf(ulong* set, ulong tag)
    {
        Vector256<ulong> wanted = Vector256.Create(tag);
        for (uint first = 0; first < _width; first += 4)
        {
            uint found = Vector256.Equals(Vector256.Load(set + first), wanted).ExtractMostSignificantBits();
            if (found != 0)
                return (int)first + BitOperations.TrailingZeroCount(found);
        }

        return -1;
    }

    /// <summary>Puts a pair first and moves those before one back by one place, over it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutFirst(ulong* set, int way, ulong tag, ulong data)
    {
        // Data before tags, for a load that reaches back into what was just stored would wait for it.
        PutFirst(set + _width, way, data);
        PutFirst(set, way, tag);
    }

    /// <summary>Moves whole vectors only, since the next look loads them whole; what overlaps gets the same value twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutFirst(ulong* first, int way, ulong value)
    {
        Vector256<ulong> front = Vector256.Load(first - 1).WithElement(0, value);
        if (way < 3)
            front = Vector256.ConditionalSelect(Vector256.GreaterThan(Vector256.Create((long)way + 1), Vector256<long>.Indices).AsUInt64(), front, Vector256.Load(first));
        for (int at = way - 3; at > 0; at -= 4)
            Vector256.Load(first + at - 1).Store(first + at);
        front.Store(first);
    }

    private void Close(ulong* set, int way)
    {
        for (; way < _ways - 1; way++)
        {
            set[way] = set[way + 1];
            set[_width + (uint)way] = set[_width + (uint)way + 1];
        }

        set[way] = 0;
        set[_width + (uint)way] = 0;
    }
}
