namespace Pagewise.Abi;

/// <summary>fcntl(2)'s <c>F_SEAL_*</c>: what may no longer be done to a memfd.</summary>
[Flags]
public enum FileSeals : uint
{
    /// <summary>No seal.</summary>
    None = 0,
    /// <summary><c>F_SEAL_SEAL</c>: no further seals.</summary>
    Seal = 1,
    /// <summary><c>F_SEAL_SHRINK</c>.</summary>
    Shrink = 2,
    /// <summary><c>F_SEAL_GROW</c>.</summary>
    Grow = 4,
    /// <summary><c>F_SEAL_WRITE</c>: no writes and no new writable shared mappings.</summary>
    Write = 8,
    /// <summary><c>F_SEAL_FUTURE_WRITE</c>: as Write, but existing mappings stay.</summary>
    FutureWrite = 16,
    /// <summary><c>F_SEAL_EXEC</c> (6.3): the mode bits for execution may not change.</summary>
    Exec = 32,
}
