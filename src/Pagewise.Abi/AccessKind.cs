namespace Pagewise.Abi;

/// <summary>What a program does at an address.</summary>
public enum AccessKind : byte
{
    /// <summary>A data load.</summary>
    Read = 0,
    /// <summary>A data store.</summary>
    Write = 1,
    /// <summary>An instruction fetch.</summary>
    Execute = 2,
}
