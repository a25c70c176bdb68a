using System.Runtime.CompilerServices;

namespace Pagewise.Replay.Heap;

/// <summary>
/// The blocks that a recording holds at this moment, found by their recorded address: an open-addressing table from
/// address to a small slot number. Slots of freed blocks are reused, last freed first.
/// </summary>
internal sealed class LiveBlocks
{
    private const int FirstCapacity = 1024;
    private Entry[] _entries = new Entry[FirstCapacity];
    private int[] _freeSlots = new int[256];
    private int _freeCount;
    private int _shift = 64 - 10;

    // A block's address, 0 where the place is free, and its slot: together, for a look-up is a cache miss each.
    private struct Entry
    {
        public ulong Key;
        public int Slot;
    }

    /// <summary>Blocks live now.</summary>
    public int Count { get; private set; }

    /// <summary>One past the highest slot ever used; slot 0 is none.</summary>
    public int SlotEnd { get; private set; } = 1;

    /// <summary>Loads what a later look-up of an address begins with; many of these wait for memory together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Warm(ulong address) => _entries[Home(address)].Key;

    /// <summary>The block's slot; 0 when no live block has this address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong address)
    {
        int mask = _entries.Length - 1;
        for (int i = Home(address); ; i = (i + 1) & mask)
        {
            ref readonly Entry entry = ref _entries[i];
            if (entry.Key == address)
                return entry.Slot;
            if (entry.Key == 0)
                return 0;
        }
    }

    /// <summary>Adds a block at an address that has none, not 0; gives its slot.</summary>
    public int Add(ulong address)
    {
        if (Count * 2 >= _entries.Length)
            Grow();
        int slot = _freeCount > 0 ? _freeSlots[--_freeCount] : SlotEnd++;
        Place(address, slot);
        Count++;
        return slot;
    }

    /// <summary>Takes a block out; gives the slot it had, 0 when there is none.</summary>
    public int Remove(ulong address)
    {
        int mask = _entries.Length - 1;
        int i = Home(address);
        while (_entries[i].Key != address)
        {
            if (_entries[i].Key == 0)
                return 0;
            i = (i + 1) & mask;
        }

        int slot = _entries[i].Slot;
        if (_freeCount == _freeSlots.Length)
            Array.Resize(ref _freeSlots, _freeCount * 2);
        _freeSlots[_freeCount++] = slot;
        Count--;

        // Entries behind move up as long as that brings them nearer home.
        for (int next = (i + 1) & mask; _entries[next].Key != 0; next = (next + 1) & mask)
        {
            int home = Home(_entries[next].Key);
            if (((next - home) & mask) < ((next - i) & mask))
                continue;
            _entries[i] = _entries[next];
            i = next;
        }

        _entries[i].Key = 0;
        return slot;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(ulong address) => (int)((address * 0x9e3779b97f4a7c15) >> _shift);

    private void Place(ulong address, int slot)
    {
        int mask = _entries.Length - 1;
        int i = Home(address);
        while (_entries[i].Key != 0)
            i = (i + 1) & mask;
        _entries[i] = new Entry { Key = address, Slot = slot };
    }

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[old.Length * 2];
        _shift--;
        foreach (ref readonly Entry entry in old.AsSpan())
        {
            if (entry.Key != 0)
                Place(entry.Key, entry.Slot);
        }
    }
}
