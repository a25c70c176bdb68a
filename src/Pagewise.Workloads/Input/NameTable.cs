using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Pagewise.Workloads;

/// <summary>A fixed set of ASCII names, looked up by bytes without making a string.</summary>
/// <typeparam name="T">What a name stands for.</typeparam>
internal sealed class NameTable<T>
    where T : struct
{
    private readonly (byte[] Name, T Value)?[] _slots;

    public NameTable(IReadOnlyCollection<(string Name, T Value)> names)
    {
        _slots = new (byte[], T)?[(int)BitOperations.RoundUpToPowerOf2((uint)names.Count * 4)];
        foreach ((string name, T value) in names)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(name);
            int slot = Slot(bytes);
            while (_slots[slot] is not null)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = (bytes, value);
        }
    }

    /// <summary>What a name stands for; false when it is not in the set.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out T value)
    {
        for (int slot = Slot(name); _slots[slot] is { } entry; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (name.SequenceEqual(entry.Name))
            {
                value = entry.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    private int Slot(ReadOnlySpan<byte> name)
    {
        ulong hash = (ulong)name.Length * 0x9e3779b97f4a7c15;
        if (name.Length >= 8)
        {
            hash ^= BinaryPrimitives.ReadUInt64LittleEndian(name);
            hash *= 0xff51afd7ed558ccd;
            hash ^= BinaryPrimitives.ReadUInt64LittleEndian(name[^8..]) + (hash >> 29);
            if (name.Length > 16)
                hash ^= BinaryPrimitives.ReadUInt64LittleEndian(name[((name.Length / 2) - 4)..]) * 0xc4ceb9fe1a85ec53;
        }
        else
        {
            foreach (byte value in name)
                hash = (hash ^ value) * 0x100000001b3;
        }

        hash *= 0x9e3779b97f4a7c15;
        return (int)(hash >> 40) & (_slots.Length - 1);
    }
}
