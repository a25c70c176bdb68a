namespace Pagewise.Abi;

/// <summary>The signals that memory management sends (x86 numbers).</summary>
public enum Signal
{
    /// <summary>No signal.</summary>
    None = 0,
    /// <summary><c>SIGABRT</c>.</summary>
    Abrt = 6,
    /// <summary><c>SIGBUS</c>.</summary>
    Bus = 7,
    /// <summary><c>SIGKILL</c>.</summary>
    Kill = 9,
    /// <summary><c>SIGSEGV</c>.</summary>
    Segv = 11,
    /// <summary><c>SIGCHLD</c>.</summary>
    Chld = 17,
}
