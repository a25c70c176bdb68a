namespace Pagewise.Abi;

/// <summary>A soft and a hard limit (struct rlimit64).</summary>
/// <param name="Current">The soft limit, which the kernel enforces.</param>
/// <param name="Maximum">The ceiling of the soft limit.</param>
public readonly record struct Rlimit(ulong Current, ulong Maximum)
{
    /// <summary><c>RLIM_INFINITY</c>.</summary>
    public const ulong Infinity = ulong.MaxValue;

    /// <summary>No limit.</summary>
    public static Rlimit Unlimited => new(Infinity, Infinity);
}
