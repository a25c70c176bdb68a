using System.Buffers.Binary;
using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// Writes access runs: for each the slot of the <see cref="PgwRunTable"/> that holds it, 16 bits, or 0; then those
/// that no slot held (<see cref="PgwLiteralRuns"/>).
/// </summary>
internal sealed class PgwAccessEncoder
{
    private const int HashBits = 20;

    private readonly PgwRunTable _table = new();
    private readonly PgwLiteralRuns _literals = new();
    private readonly Column<AccessRun> _new = new(1024);

    // Where a run may be in the table, by its hash; the table itself says whether it is still there.
    private readonly ushort[] _slots = new ushort[1 << HashBits];

    /// <summary>Forgets the runs of the block before.</summary>
    public void StartBlock()
    {
        _table.Clear();
        Array.Clear(_slots);
    }

    /// <summary>Appends runs.</summary>
    public void Encode(ReadOnlySpan<AccessRun> runs, ByteSink sink)
    {
        _new.Clear();
        Span<byte> slots = sink.Reserve(runs.Length * sizeof(ushort));
        for (int i = 0; i < runs.Length; i++)
        {
            ref ushort place = ref _slots[Hash(runs[i])];
            ushort slot = place;
            if (slot == 0 || _table.Runs[slot] != runs[i])
            {
                slot = 0;
                place = (ushort)_table.Add(runs[i]);
                _new.Add(runs[i]);
            }

            BinaryPrimitives.WriteUInt16LittleEndian(slots[(i * sizeof(ushort))..], slot);
        }

        sink.Varint((ulong)_new.Count);
        _literals.Encode(_new.Span, sink);
    }

    private static int Hash(in AccessRun run) =>
        (int)((run.Address ^ ((ulong)run.Count << 48) ^ ((ulong)run.Kind << 62)) * 0x9e3779b97f4a7c15 >> (64 - HashBits));
}
