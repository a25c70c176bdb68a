namespace Pagewise.Kernel.Hardware;

/// <summary>The shape of one translation array.</summary>
/// <param name="Entries">Entries; 0 for an array the CPU does not have.</param>
/// <param name="Ways">Entries of a set; the same as <paramref name="Entries"/> for a fully associative array.</param>
public readonly record struct TlbArrayGeometry(int Entries, int Ways)
{
    /// <summary>Sets: a power of two.</summary>
    public int Sets => Ways == 0 ? 0 : Entries / Ways;
}
