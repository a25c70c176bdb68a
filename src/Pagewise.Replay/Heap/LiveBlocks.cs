using System.Runtime.CompilerServices;

namespace Pagewise.Replay.Heap;

/// <summary>
/// The blocks that a recording holds at this moment, found by their recorded address: an open-addressing table from
/// address to a small slot number. Slots of freed blocks are reused, last freed first.
/// </summary>
internal sealed class LiveBlocks
{
    private const int FirstCapacity = 1024;
    private ulong[] _keys = new ulong[FirstCapacity];
    private int[] _slots = new int[FirstCapacity];
    private int[] _freeSlots = new int[256];
    private int _freeCount;
    private int _shift = 64 - 10;

    /// <summary>Blocks live now.</summary>
    public int Count { get; private set; }

    /// <summary>One past the highest slot ever used; slot 0 is none.</summary>
    public int SlotEnd { get; private set; } = 1;

    /// <summary>The block's slot; 0 when no live block has this address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong address)
    {
        int mask = _keys.Length - 1;
        for (int i = Home(address); ; i = (i + 1) & mask)
        {
            if (_keys[i] == address)
                return _slots[i];
            if (_keys[i] == 0)
                return 0;
        }
    }

    /// <summary>Adds a block at an address that has none, not 0; gives its slot.</summary>
    public int Add(ulong address)
    {
        if (Count * 2 >= _keys.Length)
            Grow();
        int slot = _freeCount > 0 ? _freeSlots[--_freeCount] : SlotEnd++;
        Place(address, slot);
        Count++;
        return slot;
    }

    /// <summary>Takes a block out; gives the slot it had, 0 when there is none.</summary>
    public int Remove(ulong address)
    {
        int mask = _keys.Length - 1;
        int i = Home(address);
        while (_keys[i] != address)
        {
            if (_keys[i] == 0)
                return 0;
            i = (i + 1) & mask;
        }

        int slot = _slots[i];
        if (_freeCount == _freeSlots.Length)
            Array.Resize(ref _freeSlots, _freeCount * 2);
        _freeSlots[_freeCount++] = slot;
        Count--;

        // Entries behind move up as long as that brings them nearer home.
        for (int next = (i + 1) & mask; _keys[next] != 0; next = (next + 1) & mask)
        {
            int home = Home(_keys[next]);
            if (((next - home) & mask) < ((next - i) & mask))
                continue;
            _keys[i] = _keys[next];
            _slots[i] = _slots[next];
            i = next;
        }

        _keys[i] = 0;
        return slot;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(ulong address) => (int)((address * 0x9e3779b97f4a7c15) >> _shift);

    private void Place(ulong address, int slot)
    {
        int mask = _keys.Length - 1;
        int i = Home(address);
        while (_keys[i] != 0)
            i = (i + 1) & mask;
        _keys[i] = address;
        _slots[i] = slot;
    }

    private void Grow()
    {
        (ulong[] keys, int[] slots) = (_keys, _slots);
        _keys = new ulong[keys.Length * 2];
        _slots = new int[keys.Length * 2];
        _shift--;
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0)
                Place(keys[i], slots[i]);
        }
    }
}
