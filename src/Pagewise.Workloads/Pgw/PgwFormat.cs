namespace Pagewise.Workloads;

/// <summary>
/// The layout of a <c>.pgw</c> file, little-endian:
/// <code>
/// magic      8 bytes   "PGW" 0x1a, version as u16, content as u16 (0 calls and accesses, 1 heap)
/// block      16 bytes  kind u8 ('B' or 'E'), 3 bytes 0, plain length u32, stored length u32, CRC-32C of what follows and of these 12 bytes
///            stored    Brotli of the plain bytes
/// …
/// </code>
/// A 'B' block's plain bytes are batches one after another, each a set of columns (<see cref="PgwBatchEncoder"/>); the
/// coding starts afresh with each batch, but for the runs of accesses, which may name those of earlier batches of the
/// block (<see cref="PgwRunTable"/>), and strings, which run on through the file. The last block is an 'E' block: counts of
/// what the file holds, so that a cut file is known for one.
/// </summary>
internal static class PgwFormat
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const ushort Version = 1;

    /// <summary>The content of a heap recording; 0 is any other.</summary>
    public const ushort HeapContent = 1;

    /// <summary>The length of the file's head in bytes.</summary>
    public const int HeadLength = 8;

    /// <summary>The length of a block's head in bytes.</summary>
    public const int BlockHeadLength = 16;

    /// <summary>The plain bytes after which a block is closed.</summary>
    public const int BlockTarget = 4 << 20;

    /// <summary>The most plain bytes that a block may have: one batch beyond the target.</summary>
    public const int BlockLimit = 64 << 20;

    /// <summary>A block of batches.</summary>
    public const byte BatchBlock = (byte)'B';

    /// <summary>The block that ends the file.</summary>
    public const byte EndBlock = (byte)'E';

    /// <summary>The most elements that a batch's column may have.</summary>
    public const int ColumnLimit = 1 << 22;

    /// <summary>How a file starts, up to the version.</summary>
    public static ReadOnlySpan<byte> Magic => [(byte)'P', (byte)'G', (byte)'W', 0x1a];
}
