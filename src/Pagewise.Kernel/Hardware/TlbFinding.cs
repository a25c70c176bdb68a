namespace Pagewise.Kernel.Hardware;

/// <summary>A TLB that has a translation.</summary>
/// <param name="Cpu">The CPU, from 0.</param>
/// <param name="Tlb">"L1 data", "L1 instruction" or "L2".</param>
/// <param name="PageLevel">The page's size: 1 for 4 KiB, 2 for 2 MiB (4 MiB), 3 for 1 GiB.</param>
/// <param name="Data">Frame address and rights: see <see cref="TlbArray"/>.</param>
public readonly record struct TlbFinding(int Cpu, string Tlb, int PageLevel, ulong Data);
