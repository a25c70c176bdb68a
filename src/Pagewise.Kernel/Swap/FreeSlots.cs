using System.Numerics;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <summary>
/// Which slots of an area are free, as bits, so that the next free slot and the next free cluster are found without a look
/// at each slot. Linux keeps no such index for a device that is no SSD, and looks at each (scan_swap_map_slots): the
/// answers are the same.
/// </summary>
public sealed class FreeSlots : IDisposable
{
    private const int WordShift = 6;
    private const int BlockShift = 8;
    private const uint BlockSlots = 1 << BlockShift;

    private readonly uint _count;
    private readonly uint _blocks;
    private readonly NativeArray<ulong> _used;
    private readonly NativeArray<ulong> _fullWords;
    private readonly NativeArray<ulong> _usedBlocks;
    private readonly NativeArray<ushort> _usedInBlock;

    /// <summary>Makes all slots free but slot 0, the header.</summary>
    /// <param name="count">Slots, the header included.</param>
    public FreeSlots(uint count)
    {
        _count = count;
        _blocks = (uint)(((ulong)count + BlockSlots - 1) >> BlockShift);
        uint words = _blocks << (BlockShift - WordShift);
        _used = new NativeArray<ulong>(words);
        _fullWords = new NativeArray<ulong>((words >> WordShift) + 1);
        _usedBlocks = new NativeArray<ulong>((_blocks >> WordShift) + 1);
        _usedInBlock = new NativeArray<ushort>(_blocks);
        Take(0);
    }

    /// <summary>Whether a slot is free.</summary>
    public bool this[uint slot] => (_used[slot >> WordShift] & Bit(slot)) == 0;

    /// <summary>A free slot is in use from now on.</summary>
    public void Take(uint slot)
    {
        ref ulong word = ref _used[slot >> WordShift];
        word |= Bit(slot);
        if (word == ulong.MaxValue)
            _fullWords[slot >> (2 * WordShift)] |= Bit(slot >> WordShift);
        uint block = slot >> BlockShift;
        if (_usedInBlock[block]++ == 0)
            _usedBlocks[block >> WordShift] |= Bit(block);
    }

    /// <summary>A slot in use is free from now on.</summary>
    public void Release(uint slot)
    {
        _used[slot >> WordShift] &= ~Bit(slot);
        _fullWords[slot >> (2 * WordShift)] &= ~Bit(slot >> WordShift);
        uint block = slot >> BlockShift;
        if (--_usedInBlock[block] == 0)
            _usedBlocks[block >> WordShift] &= ~Bit(block);
    }

    /// <summary>The first free slot of [first, last]; 0: none is.</summary>
    public uint FirstFree(uint first, uint last)
    {
        if (first > last)
            return 0;
        uint word = first >> WordShift;
        ulong free = ~_used[word] & (ulong.MaxValue << (int)(first & 63));
        if (free == 0)
        {
            word = FirstClear(_fullWords, word + 1, (last >> WordShift) + 1);
            if (word > last >> WordShift)
                return 0;
            free = ~_used[word];
        }

        uint found = (word << WordShift) + (uint)BitOperations.TrailingZeroCount(free);
        return found <= last ? found : 0;
    }

    /// <summary>The start of the first run of free slots, at least <paramref name="length"/> long; 0: there is none.</summary>
    /// <param name="length">Slots, at least two blocks less one: such a run has a block of 256 within that is wholly free.</param>
    public uint FirstRun(uint length)
    {
        for (uint block = 0; (block = FirstClear(_usedBlocks, block, _blocks)) < _blocks;)
        {
            uint start = (block << BlockShift) - FreeBefore(block << BlockShift);
            uint end = FirstUsed((block + 1) << BlockShift, Math.Min(_count, start + length));
            if (end >= start + length)
                return start;
            block = (end >> BlockShift) + 1;
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _used.Dispose();
        _fullWords.Dispose();
        _usedBlocks.Dispose();
        _usedInBlock.Dispose();
    }

    private static ulong Bit(uint number) => 1UL << (int)(number & 63);

    /// <summary>The first clear bit of [from, end); <paramref name="end"/>: all are set.</summary>
    private static uint FirstClear(NativeArray<ulong> bits, uint from, uint end)
    {
        if (from >= end)
            return end;
        uint word = from >> WordShift;
        ulong clear = ~bits[word] & (ulong.MaxValue << (int)(from & 63));
        while (clear == 0)
        {
            if (++word << WordShift >= end)
                return end;
            clear = ~bits[word];
        }

        return Math.Min(end, (word << WordShift) + (uint)BitOperations.TrailingZeroCount(clear));
    }

    /// <summary>Free slots right before one that a block begins with. The block before is not wholly free.</summary>
    private uint FreeBefore(uint slot)
    {
        uint free = 0;
        for (uint word = slot >> WordShift; word-- > 0; free += 64)
        {
            if (_used[word] != 0)
                return free + (uint)BitOperations.LeadingZeroCount(_used[word]);
        }

        return free;
    }

    /// <summary>The first slot of [from, end) in use, or <paramref name="end"/>.</summary>
    private uint FirstUsed(uint from, uint end)
    {
        for (uint word = from >> WordShift; word << WordShift < end; word++)
        {
            if (_used[word] != 0)
                return Math.Min(end, (word << WordShift) + (uint)BitOperations.TrailingZeroCount(_used[word]));
        }

        return Math.Max(from, end);
    }
}
