namespace Pagewise.Abi;

/// <summary>open(2)'s <c>O_*</c> flags as x86-64 has them, those that mappings, positions and descriptors depend on.</summary>
[Flags]
public enum OpenFlags : uint
{
    /// <summary><c>O_RDONLY</c>.</summary>
    ReadOnly = 0,
    /// <summary><c>O_WRONLY</c>.</summary>
    WriteOnly = 1,
    /// <summary><c>O_RDWR</c>.</summary>
    ReadWrite = 2,
    /// <summary><c>O_ACCMODE</c>.</summary>
    AccessMode = 3,
    /// <summary><c>O_CREAT</c>.</summary>
    Create = 0x40,
    /// <summary><c>O_EXCL</c>.</summary>
    Exclusive = 0x80,
    /// <summary><c>O_TRUNC</c>.</summary>
    Truncate = 0x200,
    /// <summary><c>O_APPEND</c>.</summary>
    Append = 0x400,
    /// <summary><c>O_DIRECTORY</c>.</summary>
    Directory = 0x10000,
    /// <summary><c>O_CLOEXEC</c>.</summary>
    CloseOnExec = 0x80000,
    /// <summary><c>O_PATH</c>: names a file without opening it.</summary>
    Path = 0x200000,
}
