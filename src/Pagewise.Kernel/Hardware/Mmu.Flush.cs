namespace Pagewise.Kernel.Hardware;

public sealed partial class Mmu<TFormat>
{
    /// <summary>
    /// Drops the translations of one address and, as x86 does, every page-walk cache entry of the address space
    /// (INVLPG, INVPCID of type 0).
    /// </summary>
    public void InvalidatePage(ulong address, ushort asid)
    {
        Counters.InvalidatedPages++;
        TlbKey key = new(address, asid, TFormat.IndexBits);
        _l1Data.Remove(key);
        _l1Instruction.Remove(key);
        _l2Data.Remove(key);
        if (_l2Instruction != _l2Data)
            _l2Instruction.Remove(key);
        foreach (TlbArray? cache in _walkCaches)
            cache?.RemoveAsid(asid);
    }

    /// <summary>Drops the translations of one address space (INVPCID of type 1, or a CR3 write that flushes).</summary>
    public void FlushAsid(ushort asid)
    {
        Counters.FlushedSpaces++;
        _l1Data.RemoveAsid(asid);
        _l1Instruction.RemoveAsid(asid);
        _l2Data.RemoveAsid(asid);
        if (_l2Instruction != _l2Data)
            _l2Instruction.RemoveAsid(asid);
        foreach (TlbArray? cache in _walkCaches)
            cache?.RemoveAsid(asid);
    }

    /// <summary>Drops everything, global translations too (INVPCID of type 2).</summary>
    public void FlushAll()
    {
        Counters.FullFlushes++;
        _l1Data.Clear();
        _l1Instruction.Clear();
        _l2Data.Clear();
        if (_l2Instruction != _l2Data)
            _l2Instruction.Clear();
        foreach (TlbArray? cache in _walkCaches)
            cache?.Clear();
    }
}
