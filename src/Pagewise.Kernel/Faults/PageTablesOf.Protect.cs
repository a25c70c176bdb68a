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
            for (ulong at = firstEntry; at < last; at += (ulong)TFormat.EntryBytes)
            {
                ulong entry = owner._tables.Load(at);
                if (Pte<TFormat>.IsPresent(entry))
                    Change(at, entry);
            }

            return true;
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
