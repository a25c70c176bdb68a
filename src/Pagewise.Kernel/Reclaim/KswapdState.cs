using System.Runtime.CompilerServices;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <summary>kswapd of one node: what it was asked for and how far it has come. It can stop wherever Linux's may be preempted.</summary>
internal struct KswapdState
{
    /// <summary>Where it stands.</summary>
    public KswapdPhase Phase;

    /// <summary>The largest block asked for since it was last read (kswapd_order).</summary>
    public int Order;

    /// <summary>One more than the highest zone asked for since it was last read (kswapd_highest_zoneidx); 0: none.</summary>
    public int HighestPlusOne;

    /// <summary>The highest zone that it works for.</summary>
    public ZoneType Highest;

    /// <summary>Runs in a row that reclaimed nothing (kswapd_failures).</summary>
    public int Failures;

    /// <summary>Whether the short sleep was cut short.</summary>
    public bool WokenEarly;

    /// <summary>Pages that boosts of watermarks ask for and that are still to be reclaimed.</summary>
    public long BoostReclaim;

    /// <summary>Whether any zone was boosted at the start.</summary>
    public bool WasBoosted;

    /// <summary>Whether the priority goes up after this pass.</summary>
    public bool RaisesPriority;

    /// <summary>Pages that were reclaimed before this pass.</summary>
    public long ReclaimedBefore;

    /// <summary>Whether it has just woken a kworker, which takes the CPU from it.</summary>
    public bool Yields;

    /// <summary>Its share of the CPU.</summary>
    public SchedEntity Se;

    /// <summary>The run over the node.</summary>
    public ScanControl Sc;

    /// <summary>The pass over the lists.</summary>
    public LruvecScan Scan;

    /// <summary>Boosts of the zones at the start.</summary>
    public Boosts ZoneBoosts;

    /// <summary>Pages, by zone type.</summary>
    [InlineArray(ZoneTypes.Count)]
    public struct Boosts
    {
        private long _first;
    }
}
