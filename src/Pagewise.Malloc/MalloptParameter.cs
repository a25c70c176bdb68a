namespace Pagewise.Malloc;

/// <summary>mallopt(3)'s <c>M_*</c> parameters (malloc.h).</summary>
public enum MalloptParameter
{
    /// <summary><c>M_MXFAST</c>: the largest request that fast bins serve.</summary>
    MxFast = 1,
    /// <summary><c>M_TRIM_THRESHOLD</c>.</summary>
    TrimThreshold = -1,
    /// <summary><c>M_TOP_PAD</c>.</summary>
    TopPad = -2,
    /// <summary><c>M_MMAP_THRESHOLD</c>.</summary>
    MmapThreshold = -3,
    /// <summary><c>M_MMAP_MAX</c>.</summary>
    MmapMax = -4,
    /// <summary><c>M_CHECK_ACTION</c>: accepted, no effect.</summary>
    CheckAction = -5,
    /// <summary><c>M_PERTURB</c>.</summary>
    Perturb = -6,
    /// <summary><c>M_ARENA_TEST</c>.</summary>
    ArenaTest = -7,
    /// <summary><c>M_ARENA_MAX</c>.</summary>
    ArenaMax = -8,
}
