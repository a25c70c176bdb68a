namespace Pagewise.Malloc;

/// <summary>What a chunk is at this moment.</summary>
public enum HeapChunkState
{
    /// <summary>A block of the program.</summary>
    InUse = 0,
    /// <summary>The block that holds a thread's tcache.</summary>
    TcacheStruct = 1,
    /// <summary>Free in a tcache, marked in use.</summary>
    Tcache = 2,
    /// <summary>Free in a fast bin, marked in use.</summary>
    Fast = 3,
    /// <summary>Free in the unsorted bin.</summary>
    Unsorted = 4,
    /// <summary>Free in a small bin.</summary>
    Small = 5,
    /// <summary>Free in a large bin.</summary>
    Large = 6,
    /// <summary>The top chunk.</summary>
    Top = 7,
    /// <summary>Closes a part of an arena that does not go on: never a block.</summary>
    Fence = 8,
    /// <summary>A block of the program that is mapped on its own.</summary>
    Mapped = 9,
}
