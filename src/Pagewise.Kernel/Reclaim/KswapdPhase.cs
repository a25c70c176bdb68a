namespace Pagewise.Kernel.Reclaim;

/// <summary>Where kswapd of a node stands.</summary>
internal enum KswapdPhase
{
    /// <summary>Asleep until it is woken.</summary>
    Asleep = 0,

    /// <summary>The node is balanced; it looks again after a tenth of a second unless it is woken before.</summary>
    ShortSleep,

    /// <summary>Woken, not running yet.</summary>
    Woken,

    /// <summary>About to look at the node at a priority.</summary>
    Priority,

    /// <summary>In a pass over the lists.</summary>
    Lists,

    /// <summary>After a pass over the lists.</summary>
    AfterLists,
}
