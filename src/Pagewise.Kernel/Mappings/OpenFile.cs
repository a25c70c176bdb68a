using Pagewise.Abi;

namespace Pagewise.Kernel.Mappings;

/// <summary>An open file: Linux's struct file. Descriptors and areas hold references to it.</summary>
public struct OpenFile
{
    /// <summary>The file (f_inode).</summary>
    public int Inode;

    /// <summary>Descriptors and areas that hold it (f_count).</summary>
    public int RefCount;

    /// <summary>The read and write position in bytes (f_pos).</summary>
    public ulong Position;

    /// <summary>Access mode and O_APPEND (f_flags).</summary>
    public OpenFlags Flags;

    /// <summary>The file's errors of write-back that it was told (f_wb_err).</summary>
    internal uint WbErr;

    /// <summary>Those of its file system (f_sb_err).</summary>
    internal uint SbErr;

    /// <summary>The clone that one shmat maps: its areas have an operation on closing.</summary>
    public bool IsShm;

    /// <summary><c>FMODE_READ</c>.</summary>
    public readonly bool CanRead => (Flags & OpenFlags.AccessMode) is OpenFlags.ReadOnly or OpenFlags.ReadWrite;

    /// <summary><c>FMODE_WRITE</c>.</summary>
    public readonly bool CanWrite => (Flags & OpenFlags.AccessMode) is OpenFlags.WriteOnly or OpenFlags.ReadWrite;
}
