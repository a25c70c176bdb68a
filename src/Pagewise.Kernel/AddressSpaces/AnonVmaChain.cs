namespace Pagewise.Kernel.AddressSpaces;

/// <summary>One link between an area and an anon_vma: Linux's anon_vma_chain.</summary>
public struct AnonVmaChain
{
    /// <summary>The area.</summary>
    public int Vma;

    /// <summary>The anon_vma.</summary>
    public int AnonVma;

    /// <summary>The next link of the same area (same_vma).</summary>
    public int NextOfVma;

    /// <summary>The next link of the same anon_vma.</summary>
    public int NextOfAnonVma;

    /// <summary>The previous link of the same anon_vma.</summary>
    public int PrevOfAnonVma;
}
