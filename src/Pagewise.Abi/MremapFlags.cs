namespace Pagewise.Abi;

/// <summary>mremap(2)'s <c>MREMAP_*</c> flags.</summary>
[Flags]
public enum MremapFlags : uint
{
    /// <summary>Resize in place only.</summary>
    None = 0,
    /// <summary><c>MREMAP_MAYMOVE</c>.</summary>
    MayMove = 1,
    /// <summary><c>MREMAP_FIXED</c>.</summary>
    Fixed = 2,
    /// <summary><c>MREMAP_DONTUNMAP</c>.</summary>
    DontUnmap = 4,
}
