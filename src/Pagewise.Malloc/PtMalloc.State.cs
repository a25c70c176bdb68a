using System.Runtime.CompilerServices;

namespace Pagewise.Malloc;

/// <content>
/// An arena's state (struct malloc_state) in the program's memory, at glibc's offsets: flags, fast bins, top, last
/// remainder, bins, binmap, the lists that arenas are on, and what it holds of the system.
/// </content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private const int NBins = 128;
    private const int NSmallbins = 64;
    private const int BinmapSize = 4;
    private const uint NoncontiguousBit = 2;

    private const ulong FlagsOffset = 4;
    private const ulong HaveFastchunksOffset = 8;

    private static ulong FastbinsOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => AlignUp(12, SizeSz);
    }

    private static ulong TopOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TRelease.HasFastbins ? FastbinsOffset + ((ulong)NFastbins * SizeSz) : AlignUp(8, SizeSz);
    }

    private static ulong LastRemainderOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TopOffset + SizeSz;
    }

    private static ulong BinsOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => LastRemainderOffset + SizeSz;
    }

    private static ulong BinmapOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BinsOffset + ((((ulong)NBins * 2) - 2) * SizeSz);
    }

    private static ulong NextOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BinmapOffset + (BinmapSize * 4);
    }

    private static ulong NextFreeOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => NextOffset + SizeSz;
    }

    private static ulong AttachedThreadsOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => NextFreeOffset + SizeSz;
    }

    private static ulong SystemMemOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => AttachedThreadsOffset + SizeSz;
    }

    private static ulong MaxSystemMemOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SystemMemOffset + SizeSz;
    }

    private static ulong MallocStateSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => MaxSystemMemOffset + SizeSz;
    }

    private static ulong MaxFastSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 80 * SizeSz / 4;
    }

    private static ulong DefaultMxFast
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 64 * SizeSz / 4;
    }

    private static int NFastbins
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TRelease.HasFastbins ? FastbinIndex(Request2Size(MaxFastSize)) + 1 : 0;
    }

    // A chunk whose alignment exceeds its header is never 2 * SIZE_SZ mod alignment, so small bins begin one further.
    private static ulong SmallbinCorrection
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TAbi.MallocAlignment > ChunkHdrSz ? 1UL : 0;
    }

    private static ulong MinLargeSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (NSmallbins - SmallbinCorrection) * TAbi.MallocAlignment;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool InSmallbinRange(ulong size) => size < MinLargeSize;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FastbinIndex(ulong size) => (int)(uint)(size >> (TAbi.SizeSz == 8 ? 4 : 3)) - 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SmallbinIndex(ulong size) =>
        (int)((size >> (TAbi.MallocAlignment == 16 ? 4 : 3)) + SmallbinCorrection);

    /// <summary>Large bins grow logarithmically: steps of 64 bytes, 512, 4 KiB, 32 KiB, 256 KiB, and one for the rest.</summary>
    private static int LargebinIndex(ulong size)
    {
        (ulong limit, int first) = TAbi.SizeSz == 8 ? (48UL, 48) : TAbi.MallocAlignment == 16 ? (45UL, 49) : (38UL, 56);
        return size >> 6 <= limit ? first + (int)(size >> 6)
            : size >> 9 <= 20 ? 91 + (int)(size >> 9)
            : size >> 12 <= 10 ? 110 + (int)(size >> 12)
            : size >> 15 <= 4 ? 119 + (int)(size >> 15)
            : size >> 18 <= 2 ? 124 + (int)(size >> 18)
            : 126;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int BinIndex(ulong size) => InSmallbinRange(size) ? SmallbinIndex(size) : LargebinIndex(size);

    /// <summary>A bin's head, seen as a chunk of which only fd and bk exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong BinAt(ulong av, int index) =>
        av + BinsOffset + ((ulong)(uint)(index - 1) * 2 * TAbi.SizeSz) - (2 * TAbi.SizeSz);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong UnsortedChunks(ulong av) => BinAt(av, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong FastbinAt(ulong av, int index) => av + FastbinsOffset + ((ulong)(uint)index * TAbi.SizeSz);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Binmap(ulong av, int block) => _memory.ReadU32(av + BinmapOffset + ((ulong)block * 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetBinmap(ulong av, int block, uint map) => _memory.WriteU32(av + BinmapOffset + ((ulong)block * 4), map);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MarkBin(ulong av, int index) => SetBinmap(av, index >> 5, Binmap(av, index >> 5) | (1u << (index & 31)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Top(ulong av) => ReadWord(av + TopOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetTop(ulong av, ulong chunk) => WriteWord(av + TopOffset, chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong LastRemainder(ulong av) => ReadWord(av + LastRemainderOffset);

    private void SetLastRemainder(ulong av, ulong chunk) => WriteWord(av + LastRemainderOffset, chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HaveFastchunks(ulong av) => TRelease.HasFastbins && _memory.ReadU32(av + HaveFastchunksOffset) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetHaveFastchunks(ulong av, bool value) => _memory.WriteU32(av + HaveFastchunksOffset, value ? 1u : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsContiguous(ulong av) => (_memory.ReadU32(av + FlagsOffset) & NoncontiguousBit) == 0;

    private void SetNoncontiguous(ulong av) => _memory.WriteU32(av + FlagsOffset, _memory.ReadU32(av + FlagsOffset) | NoncontiguousBit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong SystemMem(ulong av) => ReadWord(av + SystemMemOffset);

    private void AddSystemMem(ulong av, ulong delta) => WriteWord(av + SystemMemOffset, SystemMem(av) + delta);

    private ulong MaxSystemMem(ulong av) => ReadWord(av + MaxSystemMemOffset);

    private void SetMaxSystemMem(ulong av, ulong value) => WriteWord(av + MaxSystemMemOffset, value);

    private void SetMaxFast(ulong request) =>
        _globalMaxFast = request == 0 ? MinChunkSize / 2 : (request + SizeSz) & ~AlignMask;
}
