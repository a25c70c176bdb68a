namespace Pagewise.Kernel.Tasks;

/// <summary>An ELF file that execve maps: the program or its interpreter.</summary>
public sealed record ExecFile
{
    /// <summary>The file's inode in the machine's inode table.</summary>
    public required int Inode { get; init; }

    /// <summary>The PT_LOAD entries in ascending order of address.</summary>
    public required IReadOnlyList<ExecSegment> Segments { get; init; }

    /// <summary>Whether it is ET_DYN (may go anywhere) or ET_EXEC (goes where it is linked).</summary>
    public bool IsPositionIndependent { get; init; }

    /// <summary>The largest p_align of its PT_LOAD entries; a power of two, 4096 when 0.</summary>
    public ulong AlignmentBytes { get; init; }
}
