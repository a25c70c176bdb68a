using Pagewise.Abi;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>What memory management reads of the calling task (Linux's current): its address space, limits and rights.</summary>
public readonly ref struct Current
{
    private readonly ref readonly RlimitArray _limits;

    /// <summary>Names a caller.</summary>
    /// <param name="mm">Its address space.</param>
    /// <param name="limits">Its process's limits.</param>
    /// <param name="personality">Its personality.</param>
    /// <param name="uid">Its user id.</param>
    /// <param name="capIpcLock">CAP_IPC_LOCK: no memlock limit.</param>
    /// <param name="capSysAdmin">CAP_SYS_ADMIN: the admin reserve of overcommit.</param>
    public Current(int mm, in RlimitArray limits, Personality personality, uint uid, bool capIpcLock, bool capSysAdmin)
    {
        Mm = mm;
        _limits = ref limits;
        Personality = personality;
        CapIpcLock = capIpcLock;
        CapSysAdmin = capSysAdmin;
        Uid = uid;
    }

    /// <summary>The address space.</summary>
    public int Mm { get; }

    /// <summary>personality(2).</summary>
    public Personality Personality { get; }

    /// <summary>CAP_IPC_LOCK.</summary>
    public bool CapIpcLock { get; }

    /// <summary>CAP_SYS_ADMIN.</summary>
    public bool CapSysAdmin { get; }

    /// <summary>The user id; 0 has CAP_SYS_RAWIO (mappings below vm.mmap_min_addr) and CAP_FOWNER.</summary>
    public uint Uid { get; }

    /// <summary>A soft limit in bytes (rlimit()).</summary>
    public ulong Rlimit(RlimitResource resource) => _limits[(int)resource].Current;

    /// <summary>A hard limit in bytes (rlimit_max()).</summary>
    public ulong RlimitMax(RlimitResource resource) => _limits[(int)resource].Maximum;
}
