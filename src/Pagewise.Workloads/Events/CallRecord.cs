using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// A recorded system call, every symbol decoded to its x86-64 number. Ids name strings of the batch's
/// <see cref="EventBatch.Strings"/>; 0 means none.
/// </summary>
public struct CallRecord
{
    /// <summary>The arguments in register order (for clone too, whatever order strace prints).</summary>
    public CallArguments Args;

    /// <summary>What the call returned, a negative error number for a failed call; see <see cref="CallFlags.HasResult"/>.</summary>
    public long Result;

    /// <summary>Where the payload starts in the batch's bytes.</summary>
    public int PayloadOffset;

    /// <summary>The payload's length in bytes.</summary>
    public int PayloadLength;

    /// <summary>
    /// How many lines before its own the call began, for a call with <see cref="CallFlags.InFlight"/>; it took effect
    /// at some moment between the two.
    /// </summary>
    public int LinesInFlight;

    /// <summary>The call's name as recorded.</summary>
    public int Name;

    /// <summary>The first string argument that is a name: a path, memfd_create's name, prctl's comm; unescaped.</summary>
    public int Path;

    /// <summary>The file of the first descriptor argument, as <c>strace -y</c> annotates it.</summary>
    public int FdPath;

    /// <summary>The file of the descriptor returned, as <c>strace -y</c> annotates it.</summary>
    public int ResultPath;

    /// <summary>The call, or <see cref="Sysno.Unknown"/>: then only <see cref="Name"/> and the result are meaningful.</summary>
    public Sysno Sysno;

    /// <summary>What else the recording says.</summary>
    public CallFlags Flags;

    /// <summary>What the payload is.</summary>
    public PayloadKind PayloadKind;

    /// <summary>How many of <see cref="Args"/> were recorded.</summary>
    public byte ArgCount;

    /// <summary>The result, for a call that <see cref="CallFlags.HasResult"/>.</summary>
    public readonly SysResult SysResult => new(Result);

    /// <summary>Whether every flag of <paramref name="flags"/> is set.</summary>
    public readonly bool Has(CallFlags flags) => (Flags & flags) == flags;
}
