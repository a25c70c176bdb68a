namespace Pagewise.Kernel.Lru;

/// <summary>What stands on the LRU lists of a node of a machine that begins in the middle, pages.</summary>
/// <param name="InactiveAnon">On the inactive anonymous list.</param>
/// <param name="ActiveAnon">On the active anonymous list.</param>
/// <param name="InactiveFile">On the inactive list of files.</param>
/// <param name="ActiveFile">On the active list of files.</param>
/// <param name="MappedInactive">The oldest inactive anonymous ones, which running programs map and have used.</param>
/// <param name="MappedActive">The newest active anonymous ones, which running programs map and have used.</param>
public readonly record struct LruFill(long InactiveAnon, long ActiveAnon, long InactiveFile, long ActiveFile, long MappedInactive, long MappedActive);
