namespace Pagewise.Replay.Heap;

/// <summary>
/// A step of a heap script: a recorded call whose pointers are slots, so that it can be made on any allocator. 32 bytes.
/// </summary>
public struct HeapOp
{
    /// <summary>The size in bytes, or the number that the kind takes.</summary>
    public ulong Arg;

    /// <summary>The recorded result; 0 for NULL and where none was recorded.</summary>
    public ulong Result;

    /// <summary>The second number that the kind takes.</summary>
    public uint Aux;

    /// <summary>The slot of the block taken, freed or asked about; 0 is NULL.</summary>
    public int Slot;

    /// <summary>The recording's line, or event where it has no lines, from 1.</summary>
    public uint Line;

    /// <summary>The thread, from 0 in order of first appearance; numbers of ended threads are given again.</summary>
    public ushort Thread;

    /// <summary>What to do.</summary>
    public HeapOpKind Kind;

    /// <summary>Whether <see cref="Result"/> was recorded.</summary>
    public bool HasResult;

    /// <summary>Whether the step is a call of the malloc family: those are numbered.</summary>
    public readonly bool IsCall => Kind is <= HeapOpKind.MallocUsableSize or HeapOpKind.FreeAddress or HeapOpKind.ReallocAddress;

    /// <summary>Whether the call takes a block of <see cref="Arg"/> bytes into <see cref="Slot"/>.</summary>
    public readonly bool Allocates => Kind is HeapOpKind.Malloc or HeapOpKind.Calloc or HeapOpKind.Realloc
        or (>= HeapOpKind.Memalign and <= HeapOpKind.Pvalloc);
}
