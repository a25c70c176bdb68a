using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pagewise.NativeMemory;

/// <summary>
/// A fully associative store of (tag, data) pairs with the least recently used replaced, for pools too wide to be kept in
/// order as <see cref="LruSets"/> are: a pair stays in its place and carries the time of its last use. A hint for each
/// number's low bits says where its pair was seen last, so that a use costs a look and a store. Tag 0 means unused.
/// The holder keeps the range alive.
/// </summary>
public readonly unsafe struct LruPool
{
    /// <summary>The most pairs of a pool.</summary>
    public const int MaxWays = 256;

    private const int Hints = 256;

    private readonly ulong* _tags;
    private readonly ulong* _data;
    private readonly uint* _stamps;
    private readonly byte* _hints;
    private readonly State* _state;
    private readonly uint _ways;

    /// <summary>An empty pool on a range that has <see cref="SizeBytes"/>.</summary>
    public LruPool(NativeRange range, int ways)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ways, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ways, MaxWays);
        ArgumentOutOfRangeException.ThrowIfLessThan(range.SizeBytes, SizeBytes(ways));
        uint width = Width(ways);
        _ways = (uint)ways;
        _tags = (ulong*)range.Start;
        _data = _tags + width;
        _stamps = (uint*)(_data + width);
        _hints = (byte*)(_stamps + width);
        _state = (State*)(_hints + Hints);
        Clear();
    }

    /// <summary>The bytes that a pool takes.</summary>
    public static ulong SizeBytes(int ways) => (Width(ways) * (ulong)(2 * sizeof(ulong) + sizeof(uint))) + Hints + (ulong)sizeof(State);

    /// <summary>The data of a pair that stands where the hint says, which becomes the one used last; 0 when another stands there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong FindAtHint(ulong tag, ulong number)
    {
        uint way = _hints[(byte)number];
        if (_tags[way] != tag)
            return 0;
        Use(way);
        return _data[way];
    }

    /// <summary>Finds a pair and makes it the one used last.</summary>
    /// <returns>Its data; 0 when there is none.</returns>
    public ulong Find(ulong tag, ulong number)
    {
        int way = IndexOf(tag);
        if (way < 0)
        {
            _state->Missed = tag;
            return 0;
        }

        _hints[(byte)number] = (byte)way;
        Use((uint)way);
        return _data[way];
    }

    /// <summary>Puts a pair in, in place of the one with its tag or of the least recently used, as the one used last.</summary>
    public void Insert(ulong tag, ulong number, ulong data)
    {
        // What was looked for and missed just now need not be looked for again.
        int way = _state->Missed == tag ? -1 : IndexOf(tag);
        _state->Missed = 0;
        if (way < 0)
            way = (int)Oldest();
        _tags[way] = tag;
        _data[way] = data;
        _hints[(byte)number] = (byte)way;
        Use((uint)way);
    }

    /// <summary>Looks without counting as a use.</summary>
    /// <returns>The data; 0 when there is none.</returns>
    public ulong Peek(ulong tag)
    {
        int way = IndexOf(tag);
        return way < 0 ? 0 : _data[way];
    }

    /// <summary>Forgets every pair whose tag has a value under a mask; the value is not 0.</summary>
    public void RemoveAll(ulong mask, ulong value)
    {
        for (uint way = 0; way < _ways; way++)
        {
            if ((_tags[way] & mask) == value)
                Empty(way);
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        for (uint way = 0; way < Width((int)_ways); way++)
        {
            Empty(way);
            // Places that only fill a vector are never the oldest.
            if (way >= _ways)
                _stamps[way] = uint.MaxValue;
        }

        _state->Clock = 0;
        _state->Missed = 0;
    }

    private static uint Width(int ways) => ((uint)ways + 7) & ~7u;

    private void Empty(uint way)
    {
        _tags[way] = 0;
        _data[way] = 0;
        _stamps[way] = way;
    }

    /// <summary>Stamps a pair with the next time: 24 bits, above the 8 of its place, so that the least stamp names the oldest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Use(uint way)
    {
        uint clock = _state->Clock + MaxWays;
        if (clock == uint.MaxValue - (MaxWays - 1))
            clock = Renumber();
        _state->Clock = clock;
        _stamps[way] = clock | way;
    }

    /// <summary>Begins time anew, the order kept.</summary>
    /// <returns>The next time.</returns>
    private uint Renumber()
    {
        Span<uint> order = stackalloc uint[MaxWays];
        order = order[..(int)_ways];
        new ReadOnlySpan<uint>(_stamps, (int)_ways).CopyTo(order);
        order.Sort();
        uint clock = 0;
        foreach (uint stamp in order)
        {
            // An unused place stays at time 0.
            if (stamp >= MaxWays)
                _stamps[stamp % MaxWays] = (clock += MaxWays) | (stamp % MaxWays);
        }

        return clock + MaxWays;
    }

    private uint Oldest()
    {
        Vector256<uint> least = Vector256.Load(_stamps);
        for (uint way = 8; way < _ways; way += 8)
            least = Vector256.Min(least, Vector256.Load(_stamps + way));
        Vector128<uint> four = Vector128.Min(least.GetLower(), least.GetUpper());
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(2u, 3, 0, 1)));
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(1u, 0, 3, 2)));
        return four.ToScalar() % MaxWays;
    }

    private int IndexOf(ulong tag)
    {
        Vector256<ulong> wanted = Vector256.Create(tag);
        for (uint first = 0; first < _ways; first += 8)
        {
            uint found = Vector256.Equals(Vector256.Load(_tags + first), wanted).ExtractMostSignificantBits()
                | (Vector256.Equals(Vector256.Load(_tags + first + 4), wanted).ExtractMostSignificantBits() << 4);
            if (found != 0)
                return (int)first + System.Numerics.BitOperations.TrailingZeroCount(found);
        }

        return -1;
    }

    private struct State
    {
        public uint Clock;
        public ulong Missed;
    }
}
