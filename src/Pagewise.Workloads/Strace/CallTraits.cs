namespace Pagewise.Workloads;

/// <summary>What the strace parser must know of a call.</summary>
[Flags]
internal enum CallTraits : byte
{
    None = 0,
    /// <summary>A symbol that is not known is an error, not a gap: the call decides about memory or processes.</summary>
    Exact = 1,
    /// <summary>The first string argument is a name worth keeping.</summary>
    Named = 2,
    /// <summary>The string argument is data that the program writes, kept as payload.</summary>
    Writes = 4,
    /// <summary>It makes a task.</summary>
    Forks = 8,
    /// <summary>32-bit mmap2.</summary>
    Mmap2 = 16,
    /// <summary>The pseudo-call touch.</summary>
    Touch = 32,
}
