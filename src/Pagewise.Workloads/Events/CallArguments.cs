using System.Runtime.CompilerServices;

namespace Pagewise.Workloads;

/// <summary>
/// Up to six arguments, as the registers held them: pointers, numbers, flags; negative ones sign-extended. A pointer that
/// the recorder printed as what it points to is 0: the recording does not have it.
/// </summary>
[InlineArray(Count)]
public struct CallArguments
{
    /// <summary>How many arguments a Linux system call has at most.</summary>
    public const int Count = 6;

    private ulong _first;
}
