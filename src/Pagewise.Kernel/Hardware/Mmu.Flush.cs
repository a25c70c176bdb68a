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
        _l1Data.Remove(address, asid, TFormat.IndexBits);
        _l1Instruction.Remove(address, asid, TFormat.IndexBits);
        _l2Data.Remove(address, asid, TFormat.IndexBits);
        if (_l2Instruction != _l2Data)
            _l2Instruction.Remove(address, asid, TFormat.IndexBits);
        ForgetWalks(asid);
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
        ForgetWalks(asid);
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
        foreach (ref readonly TlbArray cache in _walkCaches.AsSpan())
        {
            if (cache.Exists)
                cache.Clear();
        }
    }

    /// <summary>Empties the page-walk caches of an address space. Reclaim drops page after page: as long as nothing was walked, there is nothing to do again.</summary>
    private void ForgetWalks(ushort asid)
    {
        if (_forgottenAsid == asid && _walksForgotten == Counters.Walks)
            return;
        _forgottenAsid = asid;
        _walksForgotten = Counters.Walks;
        foreach (ref readonly TlbArray cache in _walkCaches.AsSpan())
        {
            if (cache.Exists)
                cache.RemoveAsid(asid);
        }
    }
}
