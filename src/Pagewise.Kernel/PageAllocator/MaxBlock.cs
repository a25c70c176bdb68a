namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// What is known of 1024 frames as a whole. The links of a free block of the largest order stand here and not in its
/// first frame, so that a machine with terabytes starts without touching its mem_map.
/// </summary>
internal struct MaxBlock
{
    /// <summary>Next free block of order 10, by first frame.</summary>
    public uint Next;

    /// <summary>Previous free block of order 10, by first frame.</summary>
    public uint Prev;

    /// <summary>The zone that the first frame of the block with a zone belongs to, plus one; 0: no zone.</summary>
    public ushort ZonePlusOne;

    /// <summary>Whether all 1024 frames are one free block.</summary>
    public bool IsFree;

    /// <summary>The list that it is in.</summary>
    public MigrateType Type;
}
