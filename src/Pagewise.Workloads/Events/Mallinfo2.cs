using System.Buffers.Text;

namespace Pagewise.Workloads;

/// <summary>struct mallinfo2 (malloc.h) as a heap recording prints it: bytes and counts, by mallinfo2's own names.</summary>
/// <param name="Arena">Non-mmapped space of all arenas, bytes.</param>
/// <param name="OrdBlks">Free chunks.</param>
/// <param name="SmBlks">Free fast-bin chunks.</param>
/// <param name="HBlks">mmapped regions.</param>
/// <param name="HBlkHd">Bytes in mmapped regions.</param>
/// <param name="UsmBlks">Always 0 (it was the peak).</param>
/// <param name="FsmBlks">Bytes in fast bins.</param>
/// <param name="UordBlks">Bytes in use.</param>
/// <param name="FordBlks">Bytes free.</param>
/// <param name="KeepCost">Bytes of the top chunk that a trim could return.</param>
public readonly record struct Mallinfo2(
    ulong Arena,
    ulong OrdBlks,
    ulong SmBlks,
    ulong HBlks,
    ulong HBlkHd,
    ulong UsmBlks,
    ulong FsmBlks,
    ulong UordBlks,
    ulong FordBlks,
    ulong KeepCost)
{
    /// <summary>Reads the body of a <see cref="NoteKind.HeapMallinfo2"/> note; false when a field is missing.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out Mallinfo2 info)
    {
        info = default;
        if (!Field(body, "arena="u8, out ulong arena) || !Field(body, "ordblks="u8, out ulong ordBlks) ||
            !Field(body, "smblks="u8, out ulong smBlks) || !Field(body, " hblks="u8, out ulong hBlks) ||
            !Field(body, "hblkhd="u8, out ulong hBlkHd) || !Field(body, "usmblks="u8, out ulong usmBlks) ||
            !Field(body, "fsmblks="u8, out ulong fsmBlks) || !Field(body, "uordblks="u8, out ulong uordBlks) ||
            !Field(body, "fordblks="u8, out ulong fordBlks) || !Field(body, "keepcost="u8, out ulong keepCost))
        {
            return false;
        }

        info = new Mallinfo2(arena, ordBlks, smBlks, hBlks, hBlkHd, usmBlks, fsmBlks, uordBlks, fordBlks, keepCost);
        return true;
    }

    private static bool Field(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name, out ulong value)
    {
        int at = body.IndexOf(name);
        value = 0;
        return at >= 0 && Utf8Parser.TryParse(body[(at + name.Length)..], out value, out _);
    }
}
