namespace Pagewise.Workloads;

/// <summary>How a function in an ltrace log gives the arguments of a call of the malloc family.</summary>
internal enum LtraceForm
{
    /// <summary>The first argument.</summary>
    One,
    /// <summary>The first two.</summary>
    Two,
    /// <summary>The second and third; the result is a status.</summary>
    PosixMemalign,
    /// <summary>A pointer, and a product.</summary>
    Reallocarray,
    /// <summary>Size and alignment, the other way round.</summary>
    AlignedNew,
    /// <summary>A string that is copied.</summary>
    Strdup,
    /// <summary>No heap call: it makes a process.</summary>
    Fork,
}
