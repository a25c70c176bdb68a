namespace Pagewise.Kernel.Swap;

/// <summary>A frame with up to two objects (struct zbud_header, mm/zbud.c).</summary>
internal struct ZbudPage : IAged
{
    /// <summary>The frame.</summary>
    public uint Frame;

    /// <summary>Chunks of the object at its start; 0: none.</summary>
    public int FirstChunks;

    /// <summary>Chunks of the object at its end; 0: none.</summary>
    public int LastChunks;

    /// <summary>Whose the object at its start is.</summary>
    public int FirstOwner;

    /// <summary>Whose the object at its end is.</summary>
    public int LastOwner;

    /// <summary>The next of those with as many free chunks.</summary>
    public int Next;

    /// <summary>The one before it.</summary>
    public int Prev;

    /// <inheritdoc/>
    public int Older { get; set; }

    /// <inheritdoc/>
    public int Newer { get; set; }

    /// <summary>Whether it is being emptied.</summary>
    public bool IsUnderReclaim;
}
