namespace Pagewise.Kernel.Tasks;

/// <summary>A process's open descriptors: files_struct.</summary>
public struct FileTable
{
    /// <summary>The lowest descriptor's entry.</summary>
    public int First;

    /// <summary>Tasks that share it.</summary>
    public int Users;
}
