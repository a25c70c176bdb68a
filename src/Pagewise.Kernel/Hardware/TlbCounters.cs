namespace Pagewise.Kernel.Hardware;

/// <summary>What one CPU's MMU did. Every access that translates ends in exactly one of L1 hit, L2 hit or a walk that succeeds.</summary>
public struct TlbCounters
{
    /// <summary>Loads and stores that hit the first-level data TLB.</summary>
    public long L1DataHits;

    /// <summary>Fetches that hit the first-level instruction TLB.</summary>
    public long L1InstructionHits;

    /// <summary>Accesses that missed the first level and hit the second.</summary>
    public long L2Hits;

    /// <summary>Accesses that missed every level and were walked, faulting walks included.</summary>
    public long Walks;

    /// <summary>Walks that ended in a page fault.</summary>
    public long FaultingWalks;

    /// <summary>Entries read by walks, by level: index 1 is the last level (PTE).</summary>
    public LevelCounts EntriesRead;

    /// <summary>Entries read by walks, by where they were found: first-level cache, second-level, last-level, memory.</summary>
    public LevelCounts EntriesFoundIn;

    /// <summary>Walks that a page-walk cache shortened, by the level of the entry it held (2 is PMD).</summary>
    public LevelCounts WalkCacheHits;

    /// <summary>Single translations dropped (INVLPG).</summary>
    public long InvalidatedPages;

    /// <summary>Whole address spaces dropped (INVPCID or a CR3 write).</summary>
    public long FlushedSpaces;

    /// <summary>Everything dropped.</summary>
    public long FullFlushes;

    /// <summary>Interrupts received from other CPUs that asked for a flush (TLB shootdowns).</summary>
    public long ShootdownsReceived;

    /// <summary>Writes of CR3 (switches of address space).</summary>
    public long Cr3Writes;

    /// <summary>Adds another CPU's counts.</summary>
    public void Add(in TlbCounters other)
    {
        L1DataHits += other.L1DataHits;
        L1InstructionHits += other.L1InstructionHits;
        L2Hits += other.L2Hits;
        Walks += other.Walks;
        FaultingWalks += other.FaultingWalks;
        EntriesRead.Add(other.EntriesRead);
        EntriesFoundIn.Add(other.EntriesFoundIn);
        WalkCacheHits.Add(other.WalkCacheHits);
        InvalidatedPages += other.InvalidatedPages;
        FlushedSpaces += other.FlushedSpaces;
        FullFlushes += other.FullFlushes;
        ShootdownsReceived += other.ShootdownsReceived;
        Cr3Writes += other.Cr3Writes;
    }

    /// <summary>Adds those of another CPU's counts that <see cref="Clock"/> takes time for.</summary>
    public void AddTimed(in TlbCounters other)
    {
        L1DataHits += other.L1DataHits;
        L1InstructionHits += other.L1InstructionHits;
        L2Hits += other.L2Hits;
        for (int from = 0; from < 4; from++)
            EntriesFoundIn[from] += other.EntriesFoundIn[from];
        InvalidatedPages += other.InvalidatedPages;
        FlushedSpaces += other.FlushedSpaces;
        FullFlushes += other.FullFlushes;
        ShootdownsReceived += other.ShootdownsReceived;
        Cr3Writes += other.Cr3Writes;
    }

    /// <summary>Takes earlier counts away: what was done since.</summary>
    public void Subtract(in TlbCounters earlier)
    {
        L1DataHits -= earlier.L1DataHits;
        L1InstructionHits -= earlier.L1InstructionHits;
        L2Hits -= earlier.L2Hits;
        Walks -= earlier.Walks;
        FaultingWalks -= earlier.FaultingWalks;
        EntriesRead.Subtract(earlier.EntriesRead);
        EntriesFoundIn.Subtract(earlier.EntriesFoundIn);
        WalkCacheHits.Subtract(earlier.WalkCacheHits);
        InvalidatedPages -= earlier.InvalidatedPages;
        FlushedSpaces -= earlier.FlushedSpaces;
        FullFlushes -= earlier.FullFlushes;
        ShootdownsReceived -= earlier.ShootdownsReceived;
        Cr3Writes -= earlier.Cr3Writes;
    }
}
