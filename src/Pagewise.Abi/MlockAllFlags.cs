namespace Pagewise.Abi;

/// <summary>mlockall(2)'s <c>MCL_*</c> flags.</summary>
[Flags]
public enum MlockAllFlags : uint
{
    /// <summary>No flag: refused with EINVAL.</summary>
    None = 0,
    /// <summary><c>MCL_CURRENT</c>.</summary>
    Current = 1,
    /// <summary><c>MCL_FUTURE</c>.</summary>
    Future = 2,
    /// <summary><c>MCL_ONFAULT</c>.</summary>
    OnFault = 4,
}
