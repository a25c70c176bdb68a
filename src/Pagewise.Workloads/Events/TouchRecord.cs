using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// Accesses written as a call, <c>touch(ADDR, LENGTH, R|W|X[, STRIDE]) = 0</c>, or as a fuzzer's comment,
/// <c># touch R|W ADDR = OUTCOME minflt+n majflt+n</c> (one access). Without a stride: one access to each 4 KiB page of
/// [Address, Address + LengthBytes), ascending.
/// </summary>
public struct TouchRecord
{
    /// <summary>The first byte of the range.</summary>
    public ulong Address;

    /// <summary>The range's length in bytes; the comment form has 1.</summary>
    public ulong LengthBytes;

    /// <summary>The distance between accesses in bytes; negative: from the last one down. Never 0.</summary>
    public long StrideBytes;

    /// <summary>Load, store or instruction fetch.</summary>
    public AccessKind Kind;

    /// <summary>How it ended.</summary>
    public TouchOutcome Outcome;

    /// <summary>The signal's si_code (1 MAPERR or ADRALN, 2 ACCERR or ADRERR, …); 0 when there was no signal.</summary>
    public byte SignalCode;

    /// <summary>Whether the fault counts were recorded.</summary>
    public bool HasFaults;

    /// <summary>Minor faults that the accesses took.</summary>
    public uint MinorFaults;

    /// <summary>Major faults that the accesses took.</summary>
    public uint MajorFaults;

    /// <summary>Whether <see cref="Value"/> was recorded.</summary>
    public bool HasValue;

    /// <summary>What the access loaded or stored, where the recording says (<c>/* minor N major N, value V */</c>).</summary>
    public ulong Value;

    /// <summary>How many accesses the touch makes.</summary>
    public readonly ulong AccessCount
    {
        get
        {
            if (LengthBytes == 0)
                return 0;
            ulong step = StepBytes;
            ulong first = step % 4096 == 0 ? Address & ~4095UL : Address;
            return ((LengthBytes - 1 + (Address - first)) / step) + 1;
        }
    }

    private readonly ulong StepBytes => StrideBytes < 0 ? 0UL - (ulong)StrideBytes : (ulong)StrideBytes;

    /// <summary>
    /// The address of an access, from 0 to <see cref="AccessCount"/> − 1 in order. Strides of whole pages keep to the
    /// starts of pages, but for a range that starts inside one.
    /// </summary>
    public readonly ulong AddressAt(ulong access)
    {
        ulong step = StepBytes;
        ulong first = step % 4096 == 0 ? Address & ~4095UL : Address;
        ulong position = StrideBytes < 0 ? AccessCount - 1 - access : access;
        return Math.Max(Address, first + (position * step));
    }
}
