using System.Buffers.Binary;
using System.Numerics;
using Pagewise.Abi;
using Pagewise.NativeMemory;

namespace Pagewise.Workloads;

/// <summary>
/// Access runs met for the first time, as a control byte each and the distance to one of five recent addresses: two for instruction fetches,
/// three that loads and stores share (stack, heap, other). A distance takes 1, 2, 4 or 8 bytes, so that decoding has no
/// branch to mispredict. Control byte: bits 0–2 the place (0–1 fetch, 2–4 load, 5–7 store), bits 3–4 the distance's
/// size, bits 5–7 the count (0: the next byte of the list of counts; 255 there: the next number of the last list).
/// </summary>
internal sealed class PgwLiteralRuns
{
    private const int Places = 5;
    private const int LongestShort = 7;
    private const byte Long = 255;

    private readonly ByteSink _controls = new();
    private readonly ByteSink _distances = new();
    private readonly ByteSink _counts = new();
    private readonly ByteSink _longCounts = new();
    private readonly ulong[] _recent = new ulong[Places];
    private readonly long[] _lastUse = new long[Places];

    /// <summary>Appends runs: the lengths of the lists, then the lists.</summary>
    public void Encode(ReadOnlySpan<AccessRun> runs, ByteSink sink)
    {
        _controls.Clear();
        _distances.Clear();
        _counts.Clear();
        _longCounts.Clear();
        Array.Clear(_recent);
        Array.Clear(_lastUse);
        for (int i = 0; i < runs.Length; i++)
            Encode(runs[i], i + 1);
        sink.Varint((ulong)_distances.Length);
        // A last byte that no run uses, so that decoding may read one ahead.
        _counts.Byte(0);
        sink.Varint((ulong)_counts.Length);
        sink.Varint((ulong)_longCounts.Length);
        sink.Bytes(_controls.Written);
        sink.Bytes(_distances.Written);
        sink.Bytes(_counts.Written);
        sink.Bytes(_longCounts.Written);
    }

    private void Encode(in AccessRun run, long now)
    {
        bool fetch = run.Kind == AccessKind.Execute;
        int first = fetch ? 0 : 2;
        int end = fetch ? 2 : Places;
        int place = first;
        int size = 4;
        for (int candidate = first; candidate < end; candidate++)
        {
            int candidateSize = SizeCode(unchecked((long)(run.Address - _recent[candidate])));
            if (candidateSize < size || (candidateSize == size && size >= 2 && _lastUse[candidate] < _lastUse[place]))
            {
                place = candidate;
                size = candidateSize;
            }
        }

        long distance = unchecked((long)(run.Address - _recent[place]));
        _recent[place] = run.Address;
        _lastUse[place] = now;
        int code = run.Kind == AccessKind.Write ? place + 3 : place;
        uint count = run.Count <= LongestShort ? run.Count : 0;
        if (count == 0)
            _counts.Byte((byte)Math.Min(run.Count, Long));
        if (run.Count >= Long)
            _longCounts.Varint(run.Count);
        _controls.Byte((byte)(code | (size << 3) | ((int)count << 5)));
        Span<byte> bytes = _distances.Reserve(8);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, distance);
        _distances.Shorten(8 - (1 << size));
    }

    private static int SizeCode(long distance)
    {
        int bits = 65 - BitOperations.LeadingZeroCount((ulong)(distance ^ (distance >> 63)));
        return bits <= 8 ? 0 : bits <= 16 ? 1 : bits <= 32 ? 2 : 3;
    }

    /// <summary>Fills <paramref name="output"/>.</summary>
    /// <exception cref="InvalidDataException">The lists do not fit one another.</exception>
    public static void Decode(ref ByteSource source, Span<AccessRun> output)
    {
        if (output.IsEmpty)
            return;
        int distanceLength = source.Count(int.MaxValue);
        int countLength = source.Count(int.MaxValue);
        int longLength = source.Count(int.MaxValue);
        ReadOnlySpan<byte> controls = source.Bytes(output.Length);
        ReadOnlySpan<byte> distances = source.Bytes(distanceLength);
        ReadOnlySpan<byte> counts = source.Bytes(countLength);
        var longCounts = new ByteSource(source.Bytes(longLength));
        if (countLength == 0 || counts[^1] != 0)
            throw new InvalidDataException("the list of counts has no end");
        Span<ulong> recent = stackalloc ulong[8];
        int at = 0;
        int countAt = 0;
        for (int i = 0; i < output.Length && i < controls.Length; i++)
        {
            int control = controls[i];
            int size = 1 << ((control >> 3) & 3);
            ulong word;
            if (distances.Length - at >= 8)
                word = UncheckedSpan.ReadUInt64(distances, at);
            else
                word = LastWord(distances, at, size);
            at += size;
            int spare = 64 - (size << 3);
            long distance = (long)(word << spare) >> spare;
            int code = control & 7;
            // Codes 5–7 are stores at the places of codes 2–4.
            int isStore = (4 - code) >>> 31;
            int place = code - (3 * isStore);
            ulong address = unchecked(recent[place] + (ulong)distance);
            recent[place] = address;
            // All ones where the count is in the list; the 0 at its end stops a run that reads on there.
            int listed = ((control >> 5) - 1) >> 31;
            uint length = (uint)((control >> 5) | (counts[countAt] & listed));
            countAt -= listed;
            if (length - 1 >= Long - 1)
                length = LongCount(length, ref longCounts);
            // Fetch (codes 0 and 1) is 2, store 1, load 0.
            int kind = isStore | ((code - 2) >>> 31 << 1);
            output[i] = new AccessRun(address, length, (AccessKind)kind);
        }

        if (at != distances.Length || countAt != counts.Length - 1 || longCounts.Left != 0)
            throw new InvalidDataException("the access columns do not fit one another");
    }

    private static ulong LastWord(ReadOnlySpan<byte> distances, int at, int size)
    {
        if (size > distances.Length - at)
            throw new InvalidDataException("a column is cut");
        Span<byte> word = stackalloc byte[8];
        distances[at..].CopyTo(word);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    private static uint LongCount(uint length, ref ByteSource longCounts)
    {
        ulong count = length == 0 ? 0 : longCounts.Varint();
        return count is >= Long and <= uint.MaxValue ? (uint)count : throw new InvalidDataException("a run's count is out of bounds");
    }
}
