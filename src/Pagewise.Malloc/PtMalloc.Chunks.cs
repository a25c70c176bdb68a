using System.Runtime.CompilerServices;

namespace Pagewise.Malloc;

/// <content>
/// A chunk (struct malloc_chunk): prev_size, size with its three flag bits, and in a free chunk fd, bk and, when it is
/// large, fd_nextsize and bk_nextsize. A chunk's address is that of prev_size; the program's pointer is two words on.
/// </content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private const ulong PrevInuseBit = 1;
    private const ulong IsMmappedBit = 2;
    private const ulong NonMainArenaBit = 4;
    private const ulong SizeBits = 7;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Chunk2Mem(ulong chunk) => chunk + (2 * TAbi.SizeSz);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mem2Chunk(ulong mem) => mem - (2 * TAbi.SizeSz);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong PrevSize(ulong chunk) => ReadWord(chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetPrevSize(ulong chunk, ulong size) => WriteWord(chunk, size);

    /// <summary>The size word, flags included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Head(ulong chunk) => ReadWord(chunk + TAbi.SizeSz);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetHead(ulong chunk, ulong head) => WriteWord(chunk + TAbi.SizeSz, head);

    /// <summary>Sets the size and keeps the flags.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetHeadSize(ulong chunk, ulong sizeAndNewFlags) =>
        SetHead(chunk, (Head(chunk) & SizeBits) | sizeAndNewFlags);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ChunkSize(ulong chunk) => Head(chunk) & ~SizeBits;

    /// <summary>Writes a free chunk's size behind it, where its neighbour finds it as prev_size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetFoot(ulong chunk, ulong size) => SetPrevSize(chunk + size, size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool PrevInuse(ulong chunk) => (Head(chunk) & PrevInuseBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsMmapped(ulong chunk) => (Head(chunk) & IsMmappedBit) != 0;

    /// <summary>Whether a chunk is in use is written in the chunk behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool InuseBitAtOffset(ulong chunk, ulong size) => (Head(chunk + size) & PrevInuseBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetInuseBitAtOffset(ulong chunk, ulong size) => SetHead(chunk + size, Head(chunk + size) | PrevInuseBit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ClearPrevInuse(ulong chunk) => SetHead(chunk, Head(chunk) & ~PrevInuseBit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Fd(ulong chunk) => ReadWord(chunk + (2 * TAbi.SizeSz));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetFd(ulong chunk, ulong value) => WriteWord(chunk + (2 * TAbi.SizeSz), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Bk(ulong chunk) => ReadWord(chunk + (3 * TAbi.SizeSz));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetBk(ulong chunk, ulong value) => WriteWord(chunk + (3 * TAbi.SizeSz), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong FdNextsize(ulong chunk) => ReadWord(chunk + (4 * TAbi.SizeSz));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetFdNextsize(ulong chunk, ulong value) => WriteWord(chunk + (4 * TAbi.SizeSz), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong BkNextsize(ulong chunk) => ReadWord(chunk + (5 * TAbi.SizeSz));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetBkNextsize(ulong chunk, ulong value) => WriteWord(chunk + (5 * TAbi.SizeSz), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMisalignedListed(ulong chunk) => TRelease.SafeLinking && IsMisalignedChunk(chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMisalignedChunk(ulong chunk) => (Chunk2Mem(chunk) & AlignMask) != 0;

    /// <summary>Safe-linking: a list pointer is stored xored with the page number of where it is stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ProtectPtr(ulong position, ulong pointer) =>
        TRelease.SafeLinking ? (position >> 12) ^ pointer : pointer;

    /// <summary>Reads a pointer that safe-linking protects.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong RevealPtr(ulong position) => ProtectPtr(position, ReadWord(position));

    /// <summary>The flag that marks chunks of an arena other than the main one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong NonMainFlag(ulong av) => av != _mainArena ? NonMainArenaBit : 0;

    /// <summary>Takes a free chunk out of its doubly linked bin, and out of the list of sizes when it is large.</summary>
    private void UnlinkChunk(ulong chunk)
    {
        ulong size = ChunkSize(chunk);
        if (size != PrevSize(chunk + size))
            MallocPrinterr("corrupted size vs. prev_size");
        ulong fd = Fd(chunk);
        ulong bk = Bk(chunk);
        if (Bk(fd) != chunk || Fd(bk) != chunk)
            MallocPrinterr("corrupted double-linked list");
        SetBk(fd, bk);
        SetFd(bk, fd);
        if (!InSmallbinRange(size) && FdNextsize(chunk) != 0)
            UnlinkFromSizes(chunk, fd);
    }

    // The first chunk of each size in a large bin is in a second ring, ordered by size; its successor of equal size
    // takes its place there.
    private void UnlinkFromSizes(ulong chunk, ulong fd)
    {
        ulong smaller = FdNextsize(chunk);
        ulong larger = BkNextsize(chunk);
        if (BkNextsize(smaller) != chunk || FdNextsize(larger) != chunk)
            MallocPrinterr("corrupted double-linked list (not small)");
        if (FdNextsize(fd) != 0)
        {
            SetBkNextsize(smaller, larger);
            SetFdNextsize(larger, smaller);
        }
        else if (smaller == chunk)
        {
            SetFdNextsize(fd, fd);
            SetBkNextsize(fd, fd);
        }
        else
        {
            SetFdNextsize(fd, smaller);
            SetBkNextsize(fd, larger);
            SetBkNextsize(smaller, fd);
            SetFdNextsize(larger, fd);
        }
    }

    /// <summary>Puts a free chunk at the head of the unsorted bin; the caller has set its size and foot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LinkUnsorted(ulong av, ulong chunk, ulong size, string? corrupted)
    {
        ulong bin = UnsortedChunks(av);
        ulong first = Fd(bin);
        if (corrupted is not null && Bk(first) != bin)
            MallocPrinterr(corrupted);
        SetFd(chunk, first);
        SetBk(chunk, bin);
        if (!InSmallbinRange(size))
        {
            SetFdNextsize(chunk, 0);
            SetBkNextsize(chunk, 0);
        }

        SetFd(bin, chunk);
        SetBk(first, chunk);
    }
}
