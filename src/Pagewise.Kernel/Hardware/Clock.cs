using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// Virtual time. Mechanisms count what they did here or in their own counters; time is the sum of those counts, each
/// times its cost, so the same run always takes the same time.
/// </summary>
/// <param name="costs">Costs in nanoseconds.</param>
public sealed class Clock(CostTable costs)
{
    // Sums of counts times costs: faults ask for the time again and again, and few counts move between. NaN: one of them has.
    private double _faultsNs = double.NaN;
    private double _systemCallsNs = double.NaN;
    private double _filesNs = double.NaN;
    private double _reclaimNs = double.NaN;
    private long _translations = -1;
    private double _translationNs;
    private long _flushes = -1;
    private double _flushNs;

    /// <summary>Where the counts of translation are.</summary>
    internal delegate ref readonly TlbCounters TlbCountersReader();

    /// <summary>Costs in nanoseconds.</summary>
    public CostTable Costs { get; } = costs;

    /// <summary>Faults resolved without a device, huge ones apart.</summary>
    public long MinorFaults { get; internal set => Set(out field, value, out _faultsNs); }

    /// <summary>Faults resolved by a 2 MiB page.</summary>
    public long HugeFaults { get; internal set => Set(out field, value, out _faultsNs); }

    /// <summary>Faults that read a device.</summary>
    public long MajorFaults { get; internal set => Set(out field, value, out _faultsNs); }

    /// <summary>Faults that ended in a signal.</summary>
    public long InvalidFaults { get; internal set => Set(out field, value, out _faultsNs); }

    /// <summary>4 KiB pages cleared for programs.</summary>
    public long ZeroedPages { get; internal set => Set(out field, value, out _faultsNs); }

    /// <summary>4 KiB pages copied.</summary>
    public long CopiedPages { get; internal set => Set(out field, value, out _faultsNs); }

    /// <summary>4 KiB pages that read and write copied between programs and the page cache; a part counts as one.</summary>
    public long TransferredPages { get; internal set => Set(out field, value, out _filesNs); }

    /// <summary>System calls made.</summary>
    public long SystemCalls { get; set => Set(out field, value, out _systemCallsNs); }

    /// <summary>Page-table entries that system calls cleared, changed, copied or moved.</summary>
    public long SystemCallPages { get; internal set => Set(out field, value, out _systemCallsNs); }

    /// <summary>Times that reclaim went over a node.</summary>
    public long ScanPasses { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Of those, times that a task did, not kswapd.</summary>
    public long DirectPasses { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>1 once reclaim has gone over a node's lists: its code is known to the CPU.</summary>
    public long ColdPasses { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Passes of reclaim that took pages off inactive lists.</summary>
    public long IsolatingPasses { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Times that a kswapd took the CPU from who had it, or woke on an idle one.</summary>
    public long KswapdTurns { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Pages that reclaim looked at.</summary>
    public long ScannedPages { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Pages that reclaim freed.</summary>
    public long ReclaimedPages { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Pages that aging found used by their entries (lru_gen).</summary>
    public long AgedPages { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Pages that were read from zram.</summary>
    public long DecompressedPages { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Pages that were written to zram or zswap.</summary>
    public long CompressedPages { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Pages that reclaim took out of the page tables that mapped them.</summary>
    public long UnmappedPages { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Pages that were handed to swap devices to be written or read, zram apart.</summary>
    public long SwapTransfers { get; internal set => Set(out field, value, out _reclaimNs); }

    /// <summary>Pages of files that got a place in the page cache.</summary>
    public long CachedPages { get; internal set => Set(out field, value, out _filesNs); }

    /// <summary>Dirty pages of files that were handed to a device.</summary>
    public long WritebackPages { get; internal set => Set(out field, value, out _filesNs); }

    /// <summary>Requests that were handed to block devices.</summary>
    public long BlockRequests { get; internal set => Set(out field, value, out _filesNs); }

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
            // None of these counts ever goes down, so that none has moved while their sum has not.
            long translations = done.L1DataHits + done.L1InstructionHits + done.L2Hits
                + done.EntriesFoundIn[0] + done.EntriesFoundIn[1] + done.EntriesFoundIn[2] + done.EntriesFoundIn[3];
            if (translations != _translations)
            {
                _translations = translations;
                _translationNs = TranslationNs(done);
            }

            long flushes = done.InvalidatedPages + done.FlushedSpaces + done.FullFlushes + done.ShootdownsReceived + done.Cr3Writes;
            if (flushes != _flushes)
            {
                _flushes = flushes;
                _flushNs = FlushNs(done);
            }

            return _translationNs + _flushNs + FaultsNs + SystemCallsNs + FilesNs + ReclaimNs + WaitedNs;
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
    public double FaultsNs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => double.IsNaN(_faultsNs) ? _faultsNs = SumFaults() : _faultsNs;
    }

    /// <summary>Time that system calls took, in nanoseconds, apart from the faults they took.</summary>
    public double SystemCallsNs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => double.IsNaN(_systemCallsNs) ? _systemCallsNs = SumSystemCalls() : _systemCallsNs;
    }

    /// <summary>Time that the page cache took of the CPU, in nanoseconds: copying, filling, handing to the device; of swap's requests too.</summary>
    public double FilesNs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => double.IsNaN(_filesNs) ? _filesNs = SumFiles() : _filesNs;
    }

    /// <summary>Time that reclaim and swap took of the CPU, in nanoseconds.</summary>
    public double ReclaimNs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => double.IsNaN(_reclaimNs) ? _reclaimNs = SumReclaim() : _reclaimNs;
    }

    private double SumFaults() =>
        (MinorFaults * Costs.MinorFault)
        + (HugeFaults * Costs.HugeFault)
        + (MajorFaults * Costs.MinorFault)
        + (InvalidFaults * Costs.Segv)
        + (ZeroedPages * Costs.ZeroPage)
        + (CopiedPages * Costs.CopyPage);

    private double SumSystemCalls() => (SystemCalls * Costs.Syscall) + (SystemCallPages * Costs.PerPageSyscall);

    private double SumFiles() =>
        (TransferredPages * Costs.TransferPage)
        + (CachedPages * Costs.CachePage)
        + (WritebackPages * Costs.WritebackPage)
        + (BlockRequests * Costs.BlockRequest);

    private double SumReclaim() =>
        (KswapdTurns * Costs.KswapdTurn)
        + (ColdPasses * Costs.ColdPass)
        + (SwapTransfers > 0 ? Costs.ColdSwap : 0)
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set(out long count, long value, out double sum)
    {
        count = value;
        sum = double.NaN;
    }
}
