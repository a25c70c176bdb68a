using System.Numerics;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// What a booted kernel keeps of the RAM besides struct pages and the first MiB: its image, the tables that grow with
/// the memory, and what early boot takes. Debian's 6.1 kernel for x86-64, whose boot messages say the sizes. With it
/// MemTotal of the recorded guests of 128 MiB, 256 MiB and 1 GiB comes out to the kilobyte.
/// </summary>
/// <remarks>Simplified: one release's image for all; drivers' and firmware's reservations are those of the recorded guest.</remarks>
public static class BootReserve
{
    /// <summary>The least RAM on which that kernel was seen to boot, in bytes.</summary>
    public const ulong LeastBytes = 96UL << 20;

    /// <summary>Code, data, read-only data and bss (the "Memory:" line of the boot messages): 14343 + 2338 + 9132 + 17344 KiB.</summary>
    private const ulong ImageBytes = (14343UL + 2338 + 9132 + 17344) << 10;

    /// <summary>What else early boot keeps: the log and its records, the per-CPU area of one CPU, direct-map tables, firmware tables. The rest of the guests' reserved memory, the same at every size.</summary>
    private const ulong EarlyBytes = 2308UL << 12;

    /// <summary>Bytes of memory to a bucket of the dentry cache's hash table; the inode cache has half as many buckets (alloc_large_system_hash).</summary>
    private const ulong BytesToADentryBucket = 8192;

    /// <summary>Beyond this size, and again whenever it is four times as much, buckets become half as dense (ADAPT_SCALE_BASE).</summary>
    private const ulong AdaptBytes = 64UL << 30;

    private const ulong AdaptFactor = 4;
    private const ulong BucketBytes = 8;

    /// <summary>The bytes kept on a machine; 0 on one that is too small to boot such a kernel.</summary>
    /// <param name="memoryBytes">RAM, bytes.</param>
    public static ulong Bytes(ulong memoryBytes)
    {
        if (memoryBytes < LeastBytes)
            return 0;
        ulong bytesToABucket = BytesToADentryBucket;
        for (ulong adapt = AdaptBytes; adapt < memoryBytes; adapt *= AdaptFactor)
            bytesToABucket *= 2;
        ulong dentryBuckets = BitOperations.RoundUpToPowerOf2(memoryBytes / bytesToABucket);
        ulong hashBytes = (dentryBuckets + (dentryBuckets / 2)) * BucketBytes;
        return ImageBytes + EarlyBytes + hashBytes;
    }
}
