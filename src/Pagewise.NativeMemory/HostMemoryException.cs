namespace Pagewise.NativeMemory;

/// <summary>The host refused to reserve address space.</summary>
/// <param name="sizeBytes">The size asked for.</param>
public sealed class HostMemoryException(ulong sizeBytes)
    : Exception($"The host refused to reserve {sizeBytes} bytes of address space.");
