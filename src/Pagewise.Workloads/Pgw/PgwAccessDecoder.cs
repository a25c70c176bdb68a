using System.Runtime.InteropServices;
using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>Reads what <see cref="PgwAccessEncoder"/> wrote.</summary>
internal sealed class PgwAccessDecoder
{
    private readonly PgwRunTable _table = new();
    private AccessRun[] _new = [];

    /// <summary>Forgets the runs of the block before.</summary>
    public void StartBlock() => _table.Clear();

    /// <summary>Appends <paramref name="count"/> runs to a column.</summary>
    /// <exception cref="InvalidDataException">The lists do not fit one another.</exception>
    public void Decode(ref ByteSource source, int count, Column<AccessRun> runs)
    {
        if (count == 0)
            return;
        ReadOnlySpan<ushort> slots = MemoryMarshal.Cast<byte, ushort>(source.Bytes(count * sizeof(ushort)));
        int newCount = source.Count(count);
        if (_new.Length < newCount)
            _new = new AccessRun[Math.Max(newCount, 1024)];
        Span<AccessRun> literals = _new.AsSpan(0, newCount);
        PgwLiteralRuns.Decode(ref source, literals);
        Span<AccessRun> output = runs.AddMany(count);
        ReadOnlySpan<AccessRun> table = _table.Runs;
        int filled = _table.Filled;
        int taken = 0;
        for (int i = 0; i < output.Length && i < slots.Length; i++)
        {
            int slot = slots[i];
            if (slot == 0)
            {
                if (taken == literals.Length)
                    throw new InvalidDataException("there are fewer new runs than named");
                output[i] = literals[taken];
                _table.Add(literals[taken++]);
                filled = _table.Filled;
            }
            else
            {
                if (slot > filled)
                    throw new InvalidDataException("a run names one that is not there yet");
                output[i] = table[slot];
            }
        }

        if (taken != literals.Length)
            throw new InvalidDataException("there are more new runs than named");
    }
}
