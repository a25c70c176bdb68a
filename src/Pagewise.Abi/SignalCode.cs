namespace Pagewise.Abi;

/// <summary>si_code of a fault signal: <c>SEGV_*</c> for SIGSEGV, <c>BUS_*</c> for SIGBUS (uapi/asm-generic/siginfo.h).</summary>
public enum SignalCode
{
    /// <summary>No code.</summary>
    None = 0,
    /// <summary><c>SEGV_MAPERR</c>: no mapping there. As SIGBUS: <c>BUS_ADRALN</c>.</summary>
    MapErr = 1,
    /// <summary><c>SEGV_ACCERR</c>: the mapping forbids it. As SIGBUS: <c>BUS_ADRERR</c>, beyond the end of the file.</summary>
    AccErr = 2,
    /// <summary><c>SI_KERNEL</c>: a non-canonical address (general protection).</summary>
    Kernel = 0x80,
}
