namespace Pagewise.Kernel.Block;

/// <summary>
/// A block device as far as time goes: how long a request takes alone, how fast bytes flow, how many requests it works
/// on at once. Linux's names where sysfs has one (/sys/block/DEV/queue).
/// </summary>
/// <param name="Name">The name that machine files and reports use.</param>
public sealed record BlockDeviceSpec(string Name)
{
    /// <summary>Bytes that reads bring a second; infinity for no limit.</summary>
    public double ReadBytesPerSecond { get; init; } = double.PositiveInfinity;

    /// <summary>Bytes that writes take a second; infinity for no limit.</summary>
    public double WriteBytesPerSecond { get; init; } = double.PositiveInfinity;

    /// <summary>Nanoseconds from a read's start to its first byte, without <see cref="SeekNs"/>.</summary>
    public double ReadLatencyNs { get; init; }

    /// <summary>Nanoseconds that reads take up to longer than <see cref="ReadLatencyNs"/>, each a share of its own: evenly spread, from a sequence that is the same each time.</summary>
    public double ReadSpreadNs { get; init; }

    /// <summary>Nanoseconds from a write's start until its bytes flow, without <see cref="SeekNs"/>.</summary>
    public double WriteLatencyNs { get; init; }

    /// <summary>Nanoseconds that a request takes longer which does not begin where the one before it ended: a disk's arm and rotation.</summary>
    public double SeekNs { get; init; }

    /// <summary>Requests that the device works on at once, 1 to <see cref="MostQueueDepth"/>; others wait for a place, first come first served.</summary>
    public int QueueDepth { get; init; } = 1;

    /// <summary>The longest request in KiB (queue/max_sectors_kb): longer ones are split.</summary>
    public int MaxSectorsKb { get; init; } = 1280;

    /// <summary>Parts of memory that a request has at most (queue/max_segments): each page for swap is one, and requests for files are not bound by it. 128 is BLK_MAX_SEGMENTS.</summary>
    public int MaxSegments { get; init; } = 128;

    /// <summary>queue/rotational: reads from swap on it bring neighbours by slot, else by address.</summary>
    public bool IsRotational { get; init; }

    /// <summary>Sectors that cannot be read: a request that has one of them fails.</summary>
    public IReadOnlyList<SectorRange> ReadErrors { get; init; } = [];

    /// <summary>Sectors that cannot be written: pages for swap stay in memory then, pages of files keep their old bytes on the device, and fsync says EIO.</summary>
    public IReadOnlyList<SectorRange> WriteErrors { get; init; } = [];

    /// <summary>The largest <see cref="QueueDepth"/>.</summary>
    public const int MostQueueDepth = 1024;

    /// <summary>
    /// The presets: typical devices of their class, in round numbers from vendors' data sheets. Not measurements of one
    /// device: a machine file overrides them.
    /// </summary>
    public static IReadOnlyList<BlockDeviceSpec> Presets { get; } =
    [
        new("nvme")
        {
            ReadBytesPerSecond = 3.5e9,
            WriteBytesPerSecond = 2.5e9,
            ReadLatencyNs = 80_000,
            WriteLatencyNs = 20_000,
            QueueDepth = 64,
        },
        new("sata-ssd")
        {
            ReadBytesPerSecond = 550e6,
            WriteBytesPerSecond = 500e6,
            ReadLatencyNs = 120_000,
            WriteLatencyNs = 60_000,
            QueueDepth = 32,
        },
        new("hdd")
        {
            ReadBytesPerSecond = 180e6,
            WriteBytesPerSecond = 180e6,
            ReadLatencyNs = 100_000,
            WriteLatencyNs = 100_000,
            SeekNs = 12_500_000, // 8.3 ms of seek and half a turn at 7200 rpm
            QueueDepth = 1,
            IsRotational = true,
        },
        new("network-disk")
        {
            ReadBytesPerSecond = 250e6,
            WriteBytesPerSecond = 250e6,
            ReadLatencyNs = 1_000_000,
            WriteLatencyNs = 1_000_000,
            QueueDepth = 64,
        },
    ];

    /// <summary>A preset by name; null when there is none.</summary>
    public static BlockDeviceSpec? Find(string name) => Presets.FirstOrDefault(preset => preset.Name == name);

    /// <summary>What is wrong with the values, in one line; null when nothing is.</summary>
    public string? Problem()
    {
        if (!(ReadBytesPerSecond > 0) || !(WriteBytesPerSecond > 0))
            return $"block device {Name}: a bandwidth has to be more than 0 bytes a second";
        if (!(ReadLatencyNs >= 0 && ReadLatencyNs <= MostNs && WriteLatencyNs >= 0 && WriteLatencyNs <= MostNs && ReadSpreadNs >= 0 && ReadSpreadNs <= MostNs && SeekNs >= 0 && SeekNs <= MostNs))
            return $"block device {Name}: latencies, spread and seek are 0 to 1e12 ns";
        if (QueueDepth is < 1 or > MostQueueDepth)
            return $"block device {Name}: a queue depth of {QueueDepth}: 1 to {MostQueueDepth} is needed";
        if (MaxSectorsKb is < 4 or > 1 << 20)
            return $"block device {Name}: max_sectors_kb of {MaxSectorsKb}: 4 to 1048576 is needed";
        return MaxSegments is < 1 or > ushort.MaxValue ? $"block device {Name}: max_segments of {MaxSegments}: 1 to 65535 is needed" : null;
    }

    private const double MostNs = 1e12;
}
