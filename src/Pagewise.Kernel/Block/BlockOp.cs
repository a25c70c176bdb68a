namespace Pagewise.Kernel.Block;

/// <summary>What a request asks of a block device (REQ_OP_READ, REQ_OP_WRITE).</summary>
public enum BlockOp : byte
{
    /// <summary>Bytes come from the device.</summary>
    Read = 0,

    /// <summary>Bytes go to the device.</summary>
    Write = 1,
}
