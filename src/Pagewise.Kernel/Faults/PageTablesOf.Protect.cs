using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override void ChangeProtection(int vma, ulong start, ulong end)
    {
        ref VmArea area = ref _vmas[vma];
        ProtectVisitor visitor = new(this, area.Mm, area.Flags, PageProtection(area), WantsWriteUpgrade(area));
        _tables.Walk(area.Mm, start, end, ref visitor);
        if (visitor.NeedsFlush)
            _cpus.FlushRange(area.Mm, start, end, Pfn.SizeBytes, freedTables: false);
    }

    /// <summary>Whether entries that the area's protection leaves read-only may become writable at once (vma_wants_manual_pte_write_upgrade).</summary>
    private bool WantsWriteUpgrade(in VmArea area) =>
        (area.Flags & VmFlags.Shared) != 0 ? _faults.WantsWriteNotify(area) : (area.Flags & VmFlags.Write) != 0;

    /// <summary>change_pte_range and change_huge_pmd.</summary>
    private struct ProtectVisitor(PageTablesOf<TFormat> owner, int mm, VmFlags flags, ulong protection, bool upgrades) : IEntryVisitor
    {
        public bool NeedsFlush;

        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            ulong last = firstEntry + (((end - address) >> Pfn.Shift) * (ulong)TFormat.EntryBytes);
            for (ulong at = firstEntry; at < last;)
            {
                ulong entry = owner._tables.Load(at);
                ulong next = at + (ulong)TFormat.EntryBytes;
                if (Pte<TFormat>.IsPresent(entry))
                {
                    ulong seen = owner._features.ProtectsFoliosInBatches ? Batch(entry, ref next, last) : 0;
                    for (; at < next; at += (ulong)TFormat.EntryBytes)
                        Change(at, owner._tables.Load(at) | seen);
                }

                at = next;
            }

            return true;
        }

        /// <summary>
        /// mprotect_folio_pte_batch: the entries from one on that map the next pages of its large folio and are as
        /// writable; modify_prot_start_ptes gathers what the CPU has marked in any of them. Of file pages only.
        /// </summary>
        private readonly ulong Batch(ulong entry, ref ulong next, ulong last)
        {
            uint pfn = Pte<TFormat>.PfnOf(entry);
            ref readonly PageFrame frame = ref owner._memMap[pfn];
            if ((entry & PteBits.Special) != 0 || (frame.Flags & PageFlags.PageCache) == 0 || frame.FolioOrder == 0)
                return 0;
            ulong marks = entry;
            ulong end = owner._pages.FolioStart(pfn) + owner._pages.FolioPages(pfn);
            for (ulong index = frame.Index + 1; index < end && next < last; index++, next += (ulong)TFormat.EntryBytes)
            {
                ulong other = owner._tables.Load(next);
                if (!Pte<TFormat>.IsPresent(other) || ((other ^ entry) & PteBits.Write) != 0)
                    break;
                ref readonly PageFrame neighbour = ref owner._memMap[Pte<TFormat>.PfnOf(other)];
                if ((neighbour.Flags & PageFlags.PageCache) == 0 || neighbour.Mapping != frame.Mapping || neighbour.Index != index)
                    break;
                marks |= other;
            }

            return marks & (PteBits.Dirty | PteBits.Accessed);
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            if (end - address < Pte<TFormat>.SizeAt(level))
            {
                owner._faults.SplitPmd(mm, address, entryAt);
                return VisitResult.Again;
            }

            Change(entryAt, entry);
            return VisitResult.Continue;
        }

        public readonly bool Hole(ulong address, ulong end) => true;

        private void Change(ulong at, ulong entry)
        {
            ulong changed = Pte<TFormat>.Modify(entry, protection);
            if (upgrades && (changed & PteBits.Write) == 0 && MayBeWritable(changed))
                changed |= PteBits.Write;
            owner._tables.Store(at, changed);
            ulong lost = entry & ~changed & (PteBits.Present | PteBits.Write);
            ulong forbidden = changed & ~entry & TFormat.NoExecute;
            NeedsFlush |= (lost | forbidden) != 0;
        }

        /// <summary>can_change_pte_writable: a private page must be ours alone, a shared one already dirty.</summary>
        private readonly bool MayBeWritable(ulong entry)
        {
            if ((entry & PteBits.Present) == 0)
                return false;
            if ((flags & VmFlags.Shared) != 0)
                return (entry & PteBits.Dirty) != 0;
            const PageFlags ours = PageFlags.Anon | PageFlags.AnonExclusive;
            return (entry & PteBits.Special) == 0 && (owner._memMap[Pte<TFormat>.PfnOf(entry)].Flags & ours) == ours;
        }
    }
}
