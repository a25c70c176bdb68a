namespace Pagewise.Kernel.Reclaim;

/// <summary>What the use of a page says (enum folio_references).</summary>
internal enum FolioReferences
{
    /// <summary>Not used: take it.</summary>
    Reclaim,

    /// <summary>Used once, by a call: take it if it is clean.</summary>
    ReclaimClean,

    /// <summary>Used through one entry, for the first time: one more round.</summary>
    Keep,

    /// <summary>Used again: to the active list.</summary>
    Activate,
}
