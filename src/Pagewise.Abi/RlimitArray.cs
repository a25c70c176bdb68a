using System.Runtime.CompilerServices;

namespace Pagewise.Abi;

/// <summary>One limit for each <see cref="RlimitResource"/>: signal_struct's rlim.</summary>
[InlineArray(16)]
public struct RlimitArray
{
    private Rlimit _first;

    /// <summary>The soft limit of a resource (rlimit()).</summary>
    public readonly ulong Soft(RlimitResource resource) => this[(int)resource].Current;
}
