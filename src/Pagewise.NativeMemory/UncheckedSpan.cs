using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pagewise.NativeMemory;

/// <summary>Reads of spans without a bounds check, for loops whose own condition has already made it.</summary>
public static class UncheckedSpan
{
    /// <summary>Reads 8 bytes, in this machine's byte order, at any alignment.</summary>
    /// <param name="bytes">The span; at least <paramref name="at"/> + 8 bytes, which the caller has made sure of.</param>
    /// <param name="at">Where the 8 bytes begin, 0 or more.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ReadUInt64(ReadOnlySpan<byte> bytes, int at)
    {
        Debug.Assert(at >= 0 && bytes.Length - at >= 8, "the caller checks the bounds");
        return Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), at));
    }
}
