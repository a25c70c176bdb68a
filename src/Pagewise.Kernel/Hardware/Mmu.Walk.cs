using System.Runtime.CompilerServices;
using Pagewise.Abi;

namespace Pagewise.Kernel.Hardware;

public sealed partial class Mmu<TFormat>
{
    private const ulong RightsOfWalk = PteBits.Present | PteBits.Write | PteBits.User;

    /// <summary>
    /// Walks the tables as the CPU does: from the deepest entry that a page-walk cache holds, marking entries accessed
    /// and, for a store, the leaf dirty.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Walk(ulong address, AccessKind kind, ulong need, out int leafLevel, out FaultCode fault)
    {
        Counters.Walks++;
        ulong table = _cr3;
        ulong rights = RightsOfWalk | TlbRights.ExecuteBit;
        int level = TFormat.Levels;
        for (int cached = 2; cached <= TFormat.Levels; cached++)
        {
            ulong number = WalkNumber(address, cached);
            ulong data = _walkCaches[cached]?.Find(WalkTag(number), number) ?? 0;
            if (data == 0)
                continue;
            table = data & PteBits.AddressMask;
            rights = data & ~PteBits.AddressMask;
            level = cached - 1;
            Counters.WalkCacheHits[cached]++;
            break;
        }

        while (true)
        {
            ulong at = table + EntryOffset(address, level);
            ulong entry = TFormat.Load(_memory, at);
            Counters.EntriesRead[level]++;
            Counters.EntriesFoundIn[_caches.Read(at)]++;
            if ((entry & PteBits.Present) == 0)
            {
                leafLevel = level;
                return Fault(kind, FaultCode.None, out fault);
            }

            if (level < TFormat.Levels || TFormat.TopHasRights)
                rights &= entry | TlbRights.ExecuteBit;
            if ((entry & TFormat.NoExecute) != 0)
                rights &= ~TlbRights.ExecuteBit;
            if (level == 1 || (entry & PteBits.PageSize) != 0)
            {
                leafLevel = level;
                return Leaf(at, entry, rights, kind, need, out fault);
            }

            if ((entry & PteBits.Accessed) == 0)
                TFormat.Store(_memory, at, entry | PteBits.Accessed);
            table = entry & PteBits.AddressMask;
            ulong number = WalkNumber(address, level);
            _walkCaches[level]?.InsertAfterFind(WalkTag(number), number, table | rights);
            level--;
        }
    }

    /// <summary>
    /// Brings what a walk will read into the host's caches: goes down the upper tables, which are small, and asks for the
    /// last-level entry. Changes nothing in the model.
    /// </summary>
    /// <returns>That entry's physical address; 0: a table above it is missing, or a large page stands there.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Prefetch(ulong address)
    {
        ulong table = _cr3;
        for (int level = TFormat.Levels; level > 1; level--)
        {
            ulong entry = TFormat.Load(_memory, table + EntryOffset(address, level));
            if ((entry & (PteBits.Present | PteBits.PageSize)) != PteBits.Present)
                return 0;
            table = entry & PteBits.AddressMask;
        }

        ulong at = table + EntryOffset(address, 1);
        _memory.Prefetch(at);
        _caches.Prefetch(at);
        return at;
    }

    private ulong Leaf(ulong at, ulong entry, ulong rights, AccessKind kind, ulong need, out FaultCode fault)
    {
        if ((rights & need & ~PteBits.Dirty) != (need & ~PteBits.Dirty))
            return Fault(kind, FaultCode.Protection, out fault);
        fault = FaultCode.None;
        ulong marked = entry | PteBits.Accessed | (kind == AccessKind.Write ? PteBits.Dirty : 0);
        if (marked != entry)
            TFormat.Store(_memory, at, marked);
        return (entry & PteBits.AddressMask) | rights | (marked & (PteBits.Dirty | PteBits.Global));
    }

    private ulong Fault(AccessKind kind, FaultCode code, out FaultCode fault)
    {
        Counters.FaultingWalks++;
        fault = code | FaultCode.User | kind switch
        {
            AccessKind.Write => FaultCode.Write,
            AccessKind.Execute => FaultCode.Instruction,
            _ => FaultCode.None,
        };
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong EntryOffset(ulong address, int level) =>
        ((address >> (Pfn.Shift + (TFormat.IndexBits * (level - 1)))) & ((1UL << TFormat.IndexBits) - 1)) * (ulong)TFormat.EntryBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong WalkNumber(ulong address, int level) => (address & ((1UL << 57) - 1)) >> (Pfn.Shift + (TFormat.IndexBits * (level - 1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong WalkTag(ulong number) => (number << 13) | _asidBits;
}
