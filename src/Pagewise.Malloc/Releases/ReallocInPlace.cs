namespace Pagewise.Malloc.Releases;

/// <summary>When realloc returns a block as it is, before anything else is looked at.</summary>
public enum ReallocInPlace
{
    /// <summary>Never (before 2.37).</summary>
    Never = 0,
    /// <summary>When the new size fits and not more than <c>trim_threshold</c> is wasted, also when shrinking (2.37 as tagged).</summary>
    WithinTrimThreshold = 1,
    /// <summary>When the new size fits and less than two words are over, or a page in a mapped block (2.38, and 2.37's branch).</summary>
    WithinPadding = 2,
    /// <summary>When the new size fits and less than two words are over (2.43).</summary>
    WithinPaddingOnly = 3,
}
