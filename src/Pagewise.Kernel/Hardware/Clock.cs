namespace Pagewise.Kernel.Hardware;

/// <summary>
/// Virtual time. Mechanisms count what they did here or in their own counters; time is the sum of those counts, each
/// times its cost, so the same run always takes the same time.
/// </summary>
/// <param name="costs">Costs in nanoseconds.</param>
public sealed class Clock(CostTable costs)
{
    /// <summary>Where the counts of translation are.</summary>
    internal delegate ref readonly TlbCounters TlbCountersReader();

    /// <summary>Costs in nanoseconds.</summary>
    public CostTable Costs { get; } = costs;

    /// <summary>Faults resolved without a device, huge ones apart.</summary>
    public long MinorFaults { get; internal set; }

    /// <summary>Faults resolved by a 2 MiB page.</summary>
    public long HugeFaults { get; internal set; }

    /// <summary>Faults that read a device.</summary>
    public long MajorFaults { get; internal set; }

    /// <summary>Faults that ended in a signal.</summary>
    public long InvalidFaults { get; internal set; }

    /// <summary>4 KiB pages cleared for programs.</summary>
    public long ZeroedPages { get; internal set; }

    /// <summary>4 KiB pages copied.</summary>
    public long CopiedPages { get; internal set; }

    /// <summary>4 KiB pages that read and write copied between programs and the page cache; a part counts as one.</summary>
    public long TransferredPages { get; internal set; }

    /// <summary>System calls made.</summary>
    public long SystemCalls { get; set; }

    /// <summary>Page-table entries that system calls cleared, changed, copied or moved.</summary>
    public long SystemCallPages { get; internal set; }

    /// <summary>Times that reclaim went over a node.</summary>
    public long ScanPasses { get; internal set; }

    /// <summary>Of those, times that a task did, not kswapd.</summary>
    public long DirectPasses { get; internal set; }

    /// <summary>1 once reclaim has gone over a node's lists: its code is known to the CPU.</summary>
    public long ColdPasses { get; internal set; }

    /// <summary>1 once a page went to or came from a device for swap.</summary>
    public long ColdSwaps { get; internal set; }

    /// <summary>Passes of reclaim that took pages off inactive lists.</summary>
    public long IsolatingPasses { get; internal set; }

    /// <summary>Times that a kswapd took the CPU from who had it, or woke on an idle one.</summary>
    public long KswapdTurns { get; internal set; }

    /// <summary>Pages that reclaim looked at.</summary>
    public long ScannedPages { get; internal set; }

    /// <summary>Pages that reclaim freed.</summary>
    public long ReclaimedPages { get; internal set; }

    /// <summary>Pages that aging found used by their entries (lru_gen).</summary>
    public long AgedPages { get; internal set; }

    /// <summary>Pages that were read from zram.</summary>
    public long DecompressedPages { get; internal set; }

    /// <summary>Pages that were written to zram or zswap.</summary>
    public long CompressedPages { get; internal set; }

    /// <summary>Pages that reclaim took out of the page tables that mapped them.</summary>
    public long UnmappedPages { get; internal set; }

    /// <summary>Pages that were handed to swap devices to be written or read, zram apart.</summary>
    public long SwapTransfers { get; internal set; }

    /// <summary>Pages of files that got a place in the page cache.</summary>
    public long CachedPages { get; internal set; }

    /// <summary>Dirty pages of files that were handed to a device.</summary>
    public long WritebackPages { get; internal set; }

    /// <summary>Requests that were handed to block devices.</summary>
    public long BlockRequests { get; internal set; }

    /// <summary>Time that tasks waited for devices and timers, in nanoseconds.</summary>
    public double WaitedNs { get; internal set; }

    /// <summary>What the MMUs of the machine did; without one no translation takes time.</summary>
    internal TlbCountersReader? Translations { get; set; }

    /// <summary>Virtual time since the machine was switched on, in nanoseconds.</summary>
    public double NowNs
    {
        get
        {
            if (Translations is null)
                return FaultsNs + SystemCallsNs + FilesNs + ReclaimNs + WaitedNs;
            // Asked for at each fault, so the counts are not copied.
            ref readonly TlbCounters done = ref Translations();
            return TranslationNs(done) + FlushNs(done) + FaultsNs + SystemCallsNs + FilesNs + ReclaimNs + WaitedNs;
        }
    }

    /// <summary>Time that translation took, in nanoseconds.</summary>
    public double TranslationNs(in TlbCounters done) =>
        ((done.L1DataHits + done.L1InstructionHits) * Costs.L1TlbHit)
        + (done.L2Hits * Costs.L2TlbHit)
        + (done.EntriesFoundIn[0] * Costs.WalkL1)
        + (done.EntriesFoundIn[1] * Costs.WalkL2)
        + (done.EntriesFoundIn[2] * Costs.WalkLlc)
        + (done.EntriesFoundIn[3] * Costs.WalkMemory);

    /// <summary>Time that flushing TLBs and switching address spaces took, in nanoseconds.</summary>
    public double FlushNs(in TlbCounters done) =>
        (done.InvalidatedPages * Costs.Invlpg)
        + ((done.FlushedSpaces + done.FullFlushes) * Costs.TlbFlush)
        + (done.ShootdownsReceived * Costs.Shootdown)
        + (done.Cr3Writes * Costs.ContextSwitch);

    /// <summary>Time that page faults took, in nanoseconds, apart from waiting for devices.</summary>
    public double FaultsNs =>
        (MinorFaults * Costs.MinorFault)
        + (HugeFaults * Costs.HugeFault)
        + (MajorFaults * Costs.MinorFault)
        + (InvalidFaults * Costs.Segv)
        + (ZeroedPages * Costs.ZeroPage)
        + (CopiedPages * Costs.CopyPage);

    /// <summary>Time that system calls took, in nanoseconds, apart from the faults they took.</summary>
    public double SystemCallsNs => (SystemCalls * Costs.Syscall) + (SystemCallPages * Costs.PerPageSyscall);

    /// <summary>Time that the page cache took of the CPU, in nanoseconds: copying, filling, handing to the device; of swap's requests too.</summary>
    public double FilesNs =>
        (TransferredPages * Costs.TransferPage)
        + (CachedPages * Costs.CachePage)
        + (WritebackPages * Costs.WritebackPage)
        + (BlockRequests * Costs.BlockRequest);

    /// <summary>Time that reclaim and swap took of the CPU, in nanoseconds.</summary>
    public double ReclaimNs =>
        (KswapdTurns * Costs.KswapdTurn)
        + (ColdPasses * Costs.ColdPass)
        + (ColdSwaps * Costs.ColdSwap)
        + (ScanPasses * Costs.ScanPass)
        + (DirectPasses * Costs.DirectPass)
        + (IsolatingPasses * Costs.ScanIsolate)
        + (ScannedPages * Costs.ScanPage)
        + (UnmappedPages * Costs.UnmapPage)
        + (ReclaimedPages * Costs.ReclaimPage)
        + (AgedPages * Costs.AgePage)
        + (SwapTransfers * Costs.SwapPage)
        + (CompressedPages * Costs.CompressPage)
        + (DecompressedPages * Costs.DecompressPage);
}
