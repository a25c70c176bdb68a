namespace Pagewise.Kernel.Hardware;

public sealed partial class Mmu<TFormat>
{
    /// <summary>Which of its TLBs have a translation of an address; changes nothing.</summary>
    /// <param name="cpu">The number to give in the findings.</param>
    /// <param name="address">The virtual address, canonical.</param>
    /// <param name="asid">The address space's identifier on this CPU.</param>
    /// <param name="findings">Where they go.</param>
    public void Find(int cpu, ulong address, ushort asid, List<TlbFinding> findings)
    {
        TlbKey key = new(address, asid, TFormat.IndexBits);
        Look(_l1Data, "L1 data");
        Look(_l1Instruction, "L1 instruction");
        Look(_l2Data, "L2");
        if (_l2Instruction != _l2Data)
            Look(_l2Instruction, "L2 instruction");

        void Look(TlbLevel level, string name)
        {
            ulong data = level.Peek(key, out int pageLevel);
            if (data != 0)
                findings.Add(new TlbFinding(cpu, name, pageLevel, data));
        }
    }
}
