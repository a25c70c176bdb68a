using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>A recorded call of the malloc family. Arguments stand in the function's order; negative ones are sign-extended.</summary>
public struct HeapCallRecord
{
    /// <summary>The first argument.</summary>
    public ulong Arg0;

    /// <summary>The second argument, or 0.</summary>
    public ulong Arg1;

    /// <summary>The third argument, or 0.</summary>
    public ulong Arg2;

    /// <summary>The result: a pointer or a number; 0 for NULL and for functions that return nothing.</summary>
    public ulong Result;

    /// <summary>The error that posix_memalign returned, or <see cref="Errno.None"/>.</summary>
    public Errno Error;

    /// <summary>The function.</summary>
    public HeapFunction Function;

    /// <summary>How many arguments were recorded.</summary>
    public byte ArgCount;

    /// <summary>Whether a result was recorded (<c>&lt;void&gt;</c> counts as one).</summary>
    public bool HasResult;
}
