using System.Runtime.CompilerServices;

namespace Pagewise.Workloads;

/// <summary>Up to six arguments, as the registers held them: pointers, numbers, flags; negative ones sign-extended.</summary>
[InlineArray(Count)]
public struct CallArguments
{
    /// <summary>How many arguments a Linux system call has at most.</summary>
    public const int Count = 6;

    private ulong _first;
}
