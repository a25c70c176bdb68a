using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Faults;

/// <content>Pages come back from a swap area that is switched off (mm/swapfile.c, 6.1).</content>
internal sealed partial class PageTablesOf<TFormat>
{
    public override Errno Unuse(int mm, int type)
    {
        for (int vma = _mms[mm].Mmap; vma != 0; vma = _vmas[vma].Next)
        {
            if (_vmas[vma].AnonVma == 0)
                continue;
            var visitor = new UnuseVisitor(this, vma, type);
            _tables.Walk(mm, _vmas[vma].Start, _vmas[vma].End, ref visitor);
            if (visitor.NoMemory)
                return Errno.ENOMEM;
        }

        return Errno.None;
    }

    /// <summary>unuse_pte_range.</summary>
    private struct UnuseVisitor(PageTablesOf<TFormat> owner, int vma, int type) : IEntryVisitor
    {
        public bool NoMemory;

        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            ulong at = firstEntry;
            for (ulong here = address; here < end; here += Pfn.SizeBytes, at += (ulong)TFormat.EntryBytes)
            {
                ulong entry = owner._tables.Load(at);
                if (!Pte<TFormat>.IsSwap(entry))
                    continue;
                SwpEntry slot = Pte<TFormat>.SwapEntryOf(entry);
                if (slot.Type != type || BringBack(at, here, entry, slot))
                    continue;
                NoMemory = true;
                return false;
            }

            return true;
        }

        public readonly VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end) => VisitResult.Continue;

        public readonly bool Hole(ulong address, ulong end) => true;

        /// <summary>One page, from the swap cache or read; false: no frame is left for it.</summary>
        private readonly bool BringBack(ulong at, ulong address, ulong entry, SwpEntry slot)
        {
            SwapSpace swap = owner._swap;
            ref VmArea area = ref owner._vmas[vma];
            uint pfn = swap.Get(slot, ref area.SwapReadahead, address);
            if (pfn != 0)
                owner._memMap[pfn].RefCount++;
            else
                pfn = owner._faults.SwapIn(ref area, address, at, slot, out _);
            if (pfn == 0)
                return owner._tables.Load(at) != entry;
            swap.WaitForRead(pfn);
            swap.WaitForWrite(pfn);
            // Waiting and reclaiming take time, in which somebody may have been killed who had the page.
            if (owner._tables.Load(at) == entry && swap.Find(slot) == pfn)
            {
                Map(at, address, entry, pfn);
                swap.Free(slot);
                _ = swap.TryFree(pfn);
            }

            owner._rmap.Put(pfn);
            return true;
        }

        /// <summary>unuse_pte: mapped read-only and not used; what cannot be read leaves a marker.</summary>
        private readonly void Map(ulong at, ulong address, ulong entry, uint pfn)
        {
            ref VmArea area = ref owner._vmas[vma];
            ref MmStruct mm = ref owner._mms[area.Mm];
            mm.Rss.SwapEntries--;
            if ((owner._memMap[pfn].Flags & PageFlags.Error) != 0)
            {
                owner._tables.Store(at, Pte<TFormat>.Poisoned);
                return;
            }

            bool isExclusive = (entry & TFormat.SwapExclusive) != 0;
            int anonVma = isExclusive ? area.AnonVma : owner._anonVmaArena[area.AnonVma].Root;
            owner._rmap.AddAnon(ref mm, pfn, anonVma, area.PageIndex(address), isExclusive);
            if ((area.Flags & (VmFlags.Locked | VmFlags.Special)) == VmFlags.Locked)
                owner._rmap.Mlock(pfn, locks: true);
            owner._tables.Store(at, Pte<TFormat>.Make(pfn, Pte<TFormat>.Protection(area.Flags, writeNotify: false) & ~PteBits.Accessed));
        }
    }
}
