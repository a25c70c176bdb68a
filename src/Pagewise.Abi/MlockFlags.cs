namespace Pagewise.Abi;

/// <summary>mlock2(2)'s <c>MLOCK_*</c> flags.</summary>
[Flags]
public enum MlockFlags : uint
{
    /// <summary>Lock and populate now.</summary>
    None = 0,
    /// <summary><c>MLOCK_ONFAULT</c>: lock pages as they are faulted in.</summary>
    OnFault = 1,
}
