using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>The limits behind prlimit64's, getrlimit's and setrlimit's pointers.</summary>
public struct CallLimits
{
    /// <summary>Whether a new limit was given.</summary>
    public bool HasNew;

    /// <summary>Whether the old limit was returned.</summary>
    public bool HasOld;

    /// <summary>The limit to set.</summary>
    public Rlimit New;

    /// <summary>The limit before the call.</summary>
    public Rlimit Old;
}
