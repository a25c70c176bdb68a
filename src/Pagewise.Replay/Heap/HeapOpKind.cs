namespace Pagewise.Replay.Heap;

/// <summary>What a step of a heap script does.</summary>
public enum HeapOpKind : byte
{
    /// <summary>A recorded call that is not made: it frees or resizes a block that the recording does not know.</summary>
    Skipped = 0,
    /// <summary>malloc(Arg), block in Slot.</summary>
    Malloc = 1,
    /// <summary>calloc(1, Arg), block in Slot; the product of the two arguments.</summary>
    Calloc = 2,
    /// <summary>realloc(block of slot Aux, Arg), block in Slot.</summary>
    Realloc = 3,
    /// <summary>free(block of Slot).</summary>
    Free = 4,
    /// <summary>memalign(alignment number Aux, Arg), block in Slot.</summary>
    Memalign = 5,
    /// <summary>aligned_alloc(alignment number Aux, Arg), block in Slot.</summary>
    AlignedAlloc = 6,
    /// <summary>posix_memalign(alignment number Aux, Arg), block in Slot.</summary>
    PosixMemalign = 7,
    /// <summary>valloc(Arg), block in Slot.</summary>
    Valloc = 8,
    /// <summary>pvalloc(Arg), block in Slot.</summary>
    Pvalloc = 9,
    /// <summary>malloc_trim(Arg).</summary>
    MallocTrim = 10,
    /// <summary>mallopt(Aux, Arg).</summary>
    Mallopt = 11,
    /// <summary>malloc_usable_size(block of Slot).</summary>
    MallocUsableSize = 12,
    /// <summary>The thread ends. No call.</summary>
    ThreadExit = 13,
    /// <summary>free(Arg), an address that no live block has; the program did not survive it.</summary>
    FreeAddress = 14,
    /// <summary>realloc(Arg, 1) of an address that no live block has; the program did not survive it.</summary>
    ReallocAddress = 15,
    /// <summary>The program moves the break itself, by Arg bytes. No call.</summary>
    ForeignBreak = 16,
    /// <summary>The program makes a memory system call of its own, number Aux of the script's. No call.</summary>
    ForeignCall = 17,
    /// <summary>What follows is of a forked child, whose only thread this is. No call.</summary>
    ForkChild = 18,
}
