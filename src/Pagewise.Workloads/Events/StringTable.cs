using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Pagewise.Workloads;

/// <summary>
/// The distinct strings of a recording, UTF-8, numbered from 1 in order of first appearance; 0 is no string. Looking
/// up a string that is known allocates nothing.
/// </summary>
public sealed class StringTable
{
    /// <summary>The most bytes that one recording's distinct strings may take together.</summary>
    internal const int ByteLimit = 64 << 20;

    private static readonly ulong Key = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))) & ~1UL;

    private byte[] _bytes = new byte[4096];
    private int[] _starts = new int[256];
    private int[] _hashes = new int[256];
    private int[] _slots = new int[512];
    private int _used;

    /// <summary>The highest id.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of a string; empty for id 0.</summary>
    public ReadOnlySpan<byte> this[int id]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)id, (uint)Count, nameof(id));
            return id == 0 ? default : _bytes.AsSpan(_starts[id - 1].._starts[id]);
        }
    }

    /// <summary>A string as text; bytes that are not UTF-8 show as U+FFFD.</summary>
    public string GetString(int id) => Encoding.UTF8.GetString(this[id]);

    /// <summary>The id of a string, a new one when it was not met before; 0 when the table is full.</summary>
    public int Intern(ReadOnlySpan<byte> text)
    {
        int hash = Hash(text);
        int mask = _slots.Length - 1;
        int slot = hash & mask;
        for (int id; (id = _slots[slot]) != 0; slot = (slot + 1) & mask)
        {
            if (_hashes[id] == hash && this[id].SequenceEqual(text))
                return id;
        }

        return text.Length > ByteLimit - _used || Count == ByteLimit / 16 ? 0 : Append(text, hash, slot);
    }

    private int Append(ReadOnlySpan<byte> text, int hash, int slot)
    {
        int id = ++Count;
        if (id + 1 >= _starts.Length)
        {
            Array.Resize(ref _starts, _starts.Length * 2);
            Array.Resize(ref _hashes, _hashes.Length * 2);
        }

        if (text.Length > _bytes.Length - _used)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + text.Length));
        text.CopyTo(_bytes.AsSpan(_used));
        _used += text.Length;
        _starts[id] = _used;
        _hashes[id] = hash;
        _slots[slot] = id;
        if (Count * 2 > _slots.Length)
            Rehash();
        return id;
    }

    private void Rehash()
    {
        _slots = new int[_slots.Length * 2];
        int mask = _slots.Length - 1;
        for (int id = 1; id <= Count; id++)
        {
            int slot = _hashes[id] & mask;
            while (_slots[slot] != 0)
                slot = (slot + 1) & mask;
            _slots[slot] = id;
        }
    }

    // Keyed by the process, so no recording can be made to collide; ids do not depend on it.
    private static int Hash(ReadOnlySpan<byte> text)
    {
        ulong hash = Key ^ (ulong)text.Length;
        for (; text.Length >= sizeof(ulong); text = text[sizeof(ulong)..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
        ulong last = 0;
        foreach (byte value in text)
            last = (last << 8) | value;
        return (int)Mix(hash ^ last);
    }

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, 0x9e3779b97f4a7c15 ^ Key, out ulong low);
        return high ^ low;
    }
}
