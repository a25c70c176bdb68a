namespace Pagewise.Abi;

/// <summary>msync(2)'s <c>MS_*</c> flags.</summary>
[Flags]
public enum MsyncFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary><c>MS_ASYNC</c>.</summary>
    Async = 1,
    /// <summary><c>MS_INVALIDATE</c>.</summary>
    Invalidate = 2,
    /// <summary><c>MS_SYNC</c>.</summary>
    Sync = 4,
}
