namespace Pagewise.Kernel.Tasks;

/// <summary>One entry of a file table.</summary>
public struct FileDescriptor
{
    /// <summary>The number that the program knows.</summary>
    public int Fd;

    /// <summary>The open file.</summary>
    public int File;

    /// <summary>Closed by execve (FD_CLOEXEC).</summary>
    public bool CloseOnExec;

    /// <summary>The entry with the next higher number.</summary>
    public int Next;
}
