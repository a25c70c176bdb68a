using System.Buffers.Binary;

namespace Pagewise.Kernel.Swap;

/// <summary>
/// How long a page becomes when it is compressed as zram does it by default: the token lengths of LZO1X-1 with runs of
/// zeroes (lzo-rle, lib/lzo/lzo1x_compress.c, 6.1). Nothing is written: only the length counts.
/// </summary>
public static class LzoRle
{
    /// <summary>Entries of the table of places that were met.</summary>
    private const int HashBits = 13;

    /// <summary>Bytes at the end that are never searched.</summary>
    private const int Tail = 20;

    private const int LeastRun = 4;
    private const int MostRun = 2047 + LeastRun;
    private const int LeastMatch = 4;
    private const int NearOffset = 0x800;
    private const int MiddleOffset = 0x4000;
    private const int EndMark = 3;

    /// <summary>What says that runs of zeroes may follow.</summary>
    private const int Header = 2;

    /// <summary>The length in bytes; may be longer than the page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="zeroRuns">Whether runs of zeroes have a token of their own (lzo-rle); else as "lzo" does it.</param>
    public static int LengthOf(ReadOnlySpan<byte> page, bool zeroRuns = true)
    {
        int header = zeroRuns ? Header : 0;
        Span<ushort> places = stackalloc ushort[1 << HashBits];
        places.Clear();
        int length = header;
        int literals = 0;
        int at = 0;
        int end = page.Length - Tail;
        while (at < end)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(page[at..]);
            if (word == 0 && zeroRuns)
            {
                int run = page[at..end].IndexOfAnyExcept((byte)0);
                run = Math.Min(run < 0 ? end - at : run, MostRun);
                if (run >= LeastRun)
                {
                    length += LiteralsLength(literals, isFirst: length == header) + LeastRun;
                    literals = 0;
                    at += run;
                    continue;
                }
            }

            ref ushort place = ref places[(int)((word * 0x1824429DU) >> (32 - HashBits))];
            int earlier = place - 1;
            place = (ushort)(at + 1);
            if (earlier < 0 || BinaryPrimitives.ReadUInt32LittleEndian(page[earlier..]) != word)
            {
                int step = 1 + (literals >> 5);
                literals += step;
                at += step;
                continue;
            }

            int match = LeastMatch + page[(at + LeastMatch)..end].CommonPrefixLength(page[(earlier + LeastMatch)..]);
            length += LiteralsLength(literals, isFirst: length == header) + MatchLength(match, at - earlier);
            literals = 0;
            at += match;
        }

        return length + LiteralsLength(literals + page.Length - at, isFirst: length == header) + EndMark;
    }

    /// <summary>A run of bytes as they are: up to 3 stand in the token before, more need a token of their own.</summary>
    private static int LiteralsLength(int count, bool isFirst) => count switch
    {
        0 => 0,
        <= 238 when isFirst => 1 + count,
        <= 3 => count,
        <= 18 => 1 + count,
        _ => 2 + ((count - 19) / 255) + count,
    };

    private static int MatchLength(int match, int offset)
    {
        if (match <= 8 && offset <= NearOffset)
            return 2;
        int most = offset <= MiddleOffset ? 33 : 9;
        return match <= most ? 3 : 4 + ((match - most - 1) / 255);
    }
}
