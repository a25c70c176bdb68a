namespace Pagewise.Kernel.Tasks;

/// <summary>A kernel object that tasks share and count the users of: a fs_struct, sighand_struct, signal_struct or cred.</summary>
public struct SharedObject
{
    /// <summary>The object; 0: none.</summary>
    public ulong Item;

    /// <summary>Tasks that have it.</summary>
    public int Users;
}
