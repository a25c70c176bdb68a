namespace Pagewise.Kernel.Faults;

/// <summary>
/// What an area's page tables hold, as /proc/PID/smaps counts it (mem_size_stats, fs/proc/task_mmu.c). Bytes, but for the
/// proportional sizes.
/// </summary>
public record struct MemSizeStats
{
    /// <summary>Binary digits of the proportional sizes after the point (PSS_SHIFT): they are bytes times 4096.</summary>
    public const int PssShift = 12;

    /// <summary>Mapped pages that the page cache or anonymous memory owns: Rss.</summary>
    public ulong Resident { get; set; }

    /// <summary>Pages mapped more than once, unchanged.</summary>
    public ulong SharedClean { get; set; }

    /// <summary>Pages mapped more than once, changed.</summary>
    public ulong SharedDirty { get; set; }

    /// <summary>Pages mapped here alone, unchanged.</summary>
    public ulong PrivateClean { get; set; }

    /// <summary>Pages mapped here alone, changed.</summary>
    public ulong PrivateDirty { get; set; }

    /// <summary>Pages used since the last look.</summary>
    public ulong Referenced { get; set; }

    /// <summary>Anonymous pages.</summary>
    public ulong Anonymous { get; set; }

    /// <summary>Anonymous pages that MADV_FREE gave up and nothing has written since.</summary>
    public ulong LazyFree { get; set; }

    /// <summary>Anonymous pages mapped by large entries: AnonHugePages.</summary>
    public ulong AnonymousThp { get; set; }

    /// <summary>Entries that name a page in swap.</summary>
    public ulong Swap { get; set; }

    /// <summary>Each page divided by the number of its mappings, times 2^<see cref="PssShift"/>.</summary>
    public ulong Pss { get; set; }

    /// <summary>The anonymous part of <see cref="Pss"/>.</summary>
    public ulong PssAnon { get; set; }

    /// <summary>The part of <see cref="Pss"/> that is files.</summary>
    public ulong PssFile { get; set; }

    /// <summary>The part of <see cref="Pss"/> that is shared memory.</summary>
    public ulong PssShmem { get; set; }

    /// <summary>The changed part of <see cref="Pss"/>.</summary>
    public ulong PssDirty { get; set; }

    /// <summary>The part of <see cref="Pss"/> in locked areas: Locked.</summary>
    public ulong PssLocked { get; set; }

    /// <summary>Each page in swap divided by the number of entries that name it, times 2^<see cref="PssShift"/>.</summary>
    public ulong SwapPss { get; set; }

    /// <summary>Adds another area's.</summary>
    public void Add(in MemSizeStats other)
    {
        Resident += other.Resident;
        SharedClean += other.SharedClean;
        SharedDirty += other.SharedDirty;
        PrivateClean += other.PrivateClean;
        PrivateDirty += other.PrivateDirty;
        Referenced += other.Referenced;
        Anonymous += other.Anonymous;
        LazyFree += other.LazyFree;
        AnonymousThp += other.AnonymousThp;
        Swap += other.Swap;
        Pss += other.Pss;
        PssAnon += other.PssAnon;
        PssFile += other.PssFile;
        PssShmem += other.PssShmem;
        PssDirty += other.PssDirty;
        PssLocked += other.PssLocked;
        SwapPss += other.SwapPss;
    }
}
