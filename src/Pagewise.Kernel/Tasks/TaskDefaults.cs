using Pagewise.Abi;

namespace Pagewise.Kernel.Tasks;

/// <summary>What a task that nobody forked starts with.</summary>
public sealed record TaskDefaults
{
    /// <summary>Limits by resource; what is missing is unlimited.</summary>
    public required IReadOnlyDictionary<RlimitResource, Rlimit> Limits { get; init; }

    /// <summary>User id.</summary>
    public uint Uid { get; init; }

    /// <summary>CAP_IPC_LOCK, while the user id is 0.</summary>
    public bool CapIpcLock { get; init; } = true;

    /// <summary>CAP_SYS_RESOURCE, while the user id is 0.</summary>
    public bool CapSysResource { get; init; } = true;

    /// <summary>CAP_SYS_ADMIN, while the user id is 0.</summary>
    public bool CapSysAdmin { get; init; } = true;
}
