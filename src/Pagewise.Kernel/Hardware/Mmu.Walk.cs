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
    /// <returns>Frame address and rights, with the page's size as <see cref="TlbLevel"/> has it; 0 for a fault.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Walk(ulong address, AccessKind kind)
    {
        Counters.Walks++;
        // The lowest two levels apart, each with code of its own: the rest is seldom needed.
        ulong table = Held(in _pmdCache, address, 2);
        if (table == 0)
        {
            table = TFormat.Levels == 2 ? Top : Held(in _pudCache, address, 3);
            if (table == 0)
                table = Descend(TableOf(address, kind, 3), address, kind, 3, in _pudCache);
            table = Descend(table, address, kind, 2, in _pmdCache);
            if (!IsTable(table))
                return table & ~PteBits.PageSize;
        }

        ulong at = (table & PteBits.AddressMask) + EntryOffset(address, 1);
        ulong entry = TFormat.Load(_memory, at);
        Counters.EntriesRead[1]++;
        Counters.EntriesFoundIn.Count(_caches.Read(at));
        return (entry & PteBits.Present) == 0 ? Fault(kind, FaultCode.None) : Leaf(at, entry, Narrowed(table, entry, 1), kind);
    }

    /// <summary>
    /// The table of a level that an address is looked up in, with the rights of the walk so far: as a page-walk cache holds
    /// it, or from the table above.
    /// </summary>
    /// <returns>Its address and the rights. 0: a fault came first; with <see cref="PteBits.PageSize"/>: a large page.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong TableOf(ulong address, AccessKind kind, int level)
    {
        if (level == TFormat.Levels)
            return Top;
        ref readonly TlbArray cache = ref _walkCaches[level + 1];
        ulong held = Held(in cache, address, level + 1);
        return held != 0 ? held : Descend(TableOf(address, kind, level + 1), address, kind, level + 1, in cache);
    }

    /// <summary>The top table, with all rights.</summary>
    private ulong Top => _cr3 | RightsOfWalk | TlbRights.ExecuteBit;

    /// <summary>What a page-walk cache holds of the entries of a level; 0: nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Held(in TlbArray cache, ulong address, int level)
    {
        if (!cache.Exists)
            return 0;
        ulong number = WalkNumber(address, level);
        ulong held = cache.Find(WalkTag(number), number);
        if (held != 0)
            Counters.WalkCacheHits[level]++;
        return held;
    }

    /// <summary>Reads the entry of a level above the last, in the table that <see cref="TableOf"/> gave, and has a page-walk cache keep it.</summary>
    /// <returns>What <see cref="TableOf"/> returns for the level below.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Descend(ulong table, ulong address, AccessKind kind, int level, in TlbArray cache)
    {
        if (!IsTable(table))
            return table;
        ulong at = (table & PteBits.AddressMask) + EntryOffset(address, level);
        ulong entry = TFormat.Load(_memory, at);
        Counters.EntriesRead[level]++;
        Counters.EntriesFoundIn.Count(level == 2 ? _caches.Read(at) : _caches.ReadUpper(at));
        ulong rights = Narrowed(table, entry, level);
        if ((entry & (PteBits.Present | PteBits.PageSize)) != PteBits.Present)
            return NoTable(at, entry, rights, kind, level);
        if ((entry & PteBits.Accessed) == 0)
            TFormat.Store(_memory, at, entry | PteBits.Accessed);
        ulong below = (entry & PteBits.AddressMask) | rights;
        ulong number = WalkNumber(address, level);
        if (cache.Exists)
            cache.InsertAfterFind(WalkTag(number), number, found: 0, below);
        return below;
    }

    /// <summary>An entry above the last level that does not point to a table: nothing, or a large page.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong NoTable(ulong at, ulong entry, ulong rights, AccessKind kind, int level)
    {
        if ((entry & PteBits.Present) == 0)
            return Fault(kind, FaultCode.None);
        ulong data = Leaf(at, entry, rights, kind);
        return data == 0 ? 0 : data | PteBits.PageSize | ((ulong)(level - 1) << TlbLevel.SizeShift);
    }

    /// <summary>Whether <see cref="TableOf"/> gave a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsTable(ulong table) => (table & (PteBits.Present | PteBits.PageSize)) == PteBits.Present;

    /// <summary>The rights that come with a table, as far as an entry in it grants them too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Narrowed(ulong table, ulong entry, int level)
    {
        const int fromNoExecuteToExecute = 53;
        ulong rights = table & ~PteBits.AddressMask;
        if (level < TFormat.Levels || TFormat.TopHasRights)
            rights &= entry | TlbRights.ExecuteBit;
        return rights & ~((entry & TFormat.NoExecute) >> fromNoExecuteToExecute);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Leaf(ulong at, ulong entry, ulong rights, AccessKind kind)
    {
        ulong need = Need(kind);
        ulong dirty = need & PteBits.Dirty;
        need &= ~PteBits.Dirty;
        if ((rights & need) != need)
            return Fault(kind, FaultCode.Protection);
        ulong marked = entry | PteBits.Accessed | dirty;
        if (marked != entry)
            TFormat.Store(_memory, at, marked);
        return (entry & PteBits.AddressMask) | rights | (marked & (PteBits.Dirty | PteBits.Global));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Fault(AccessKind kind, FaultCode code)
    {
        Counters.FaultingWalks++;
        _faultCode = code | FaultCode.User | kind switch
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
