namespace Pagewise.Kernel.Block;

/// <summary>A request that a device works on.</summary>
internal struct BlockRequest
{
    /// <summary>The device.</summary>
    public int Device;

    /// <summary>Sectors of 512 bytes.</summary>
    public uint Sectors;

    /// <summary>Read or write.</summary>
    public BlockOp Op;

    /// <summary>Who is told; −1: no one.</summary>
    public int Completion;

    /// <summary>What they are told.</summary>
    public int Argument;
}
