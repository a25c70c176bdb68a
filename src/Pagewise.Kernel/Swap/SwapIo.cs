namespace Pagewise.Kernel.Swap;

/// <summary>A transfer between memory and consecutive slots.</summary>
internal struct SwapIo
{
    /// <summary>The area.</summary>
    public int Type;

    /// <summary>The first slot.</summary>
    public uint Offset;

    /// <summary>Slots.</summary>
    public uint Count;

    /// <summary>Whether bytes go to the device.</summary>
    public bool IsWrite;
}
