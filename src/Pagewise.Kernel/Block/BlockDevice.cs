namespace Pagewise.Kernel.Block;

/// <summary>A block device at work: its queue, and what /proc/diskstats counts.</summary>
public struct BlockDevice
{
    /// <summary>First place of the queue in <see cref="BlockDevices"/>.</summary>
    internal int FirstSlot;

    /// <summary>The place that the last request took.</summary>
    internal int LastSlot;

    /// <summary>When the bytes of the last read will have come, virtual nanoseconds.</summary>
    internal double ReadFreeNs;

    /// <summary>When the bytes of the last write will have gone.</summary>
    internal double WriteFreeNs;

    /// <summary>The sector after the last request's.</summary>
    internal ulong NextSector;

    /// <summary>Where its sequence of random numbers stands.</summary>
    internal ulong Drawn;

    /// <summary>Reads completed.</summary>
    public long Reads { get; internal set; }

    /// <summary>Writes completed.</summary>
    public long Writes { get; internal set; }

    /// <summary>Sectors of 512 bytes read.</summary>
    public ulong SectorsRead { get; internal set; }

    /// <summary>Sectors written.</summary>
    public ulong SectorsWritten { get; internal set; }

    /// <summary>Requests that are not completed yet (inflight).</summary>
    public int InFlight { get; internal set; }
}
