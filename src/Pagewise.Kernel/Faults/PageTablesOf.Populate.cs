using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override Errno Populate(int mm, ulong start, ulong end, bool ignoreErrors)
    {
        while (start < end)
        {
            int vma = _tree.FindVma(mm, start);
            if (vma == 0 || _vmas[vma].Start >= end)
                return Errno.None;
            ref VmArea area = ref _vmas[vma];
            start = Math.Max(start, area.Start);
            ulong stop = Math.Min(end, area.End);
            if ((area.Flags & (VmFlags.Io | VmFlags.PfnMap | VmFlags.LockOnFault)) == 0)
            {
                bool write = (area.Flags & (VmFlags.Write | VmFlags.Shared)) == VmFlags.Write;
                bool force = (area.Flags & VmFlags.AccessMask) != 0;
                Errno error = MayGet(area.Flags, write, force) ? GetPages(vma, start, stop, write, countsMajor: false) : Errno.EFAULT;
                if (error != Errno.None && !ignoreErrors)
                    return error == Errno.EFAULT ? Errno.ENOMEM : Errno.EAGAIN;
            }

            start = stop;
        }

        return Errno.None;
    }

    public override Errno PopulateForAccess(int mm, ulong start, ulong end, bool write)
    {
        while (start < end)
        {
            int vma = _tree.FindVma(mm, start);
            if (vma == 0 || _vmas[vma].Start > start)
                return Errno.ENOMEM;
            ref VmArea area = ref _vmas[vma];
            if ((area.Flags & (VmFlags.Io | VmFlags.PfnMap)) != 0 || !MayGet(area.Flags, write, force: false))
                return Errno.EINVAL;
            ulong stop = Math.Min(end, area.End);
            Errno error = GetPages(vma, start, stop, write, countsMajor: true);
            if (error != Errno.None)
                return error;
            start = stop;
        }

        return Errno.None;
    }

    /// <summary>Whether the kernel may take an area's pages for a program (check_vma_flags); <paramref name="force"/> overrides the rights but not the possible ones.</summary>
    private static bool MayGet(VmFlags flags, bool write, bool force)
    {
        if (write)
            return (flags & VmFlags.Write) != 0 || (force && (flags & (VmFlags.Shared | VmFlags.MayWrite)) == VmFlags.MayWrite);
        return (flags & VmFlags.Read) != 0 || (force && (flags & VmFlags.MayRead) != 0);
    }

    /// <summary>Faults in what a range of one area lacks (__get_user_pages with FOLL_TOUCH): EFAULT at a bad page, ENOMEM without frames.</summary>
    private Errno GetPages(int vma, ulong start, ulong end, bool write, bool countsMajor)
    {
        int mm = _vmas[vma].Mm;
        for (ulong address = start; address < end;)
        {
            ulong at = _tables.Find(mm, address, 1, out int level);
            ulong entry = _tables.Load(at);
            bool isThere = Pte<TFormat>.IsPresent(entry) && (level == 1 || Pte<TFormat>.IsLarge(entry)) && (entry & PteBits.Present) != 0;
            if (isThere && (!write || (entry & PteBits.Write) != 0))
            {
                if ((entry & PteBits.Special) == 0)
                    Touch(at, entry, level, write);
                ulong size = Pte<TFormat>.SizeAt(level);
                address = (address & ~(size - 1)) + size;
                continue;
            }

            FaultResult result = _faults.HandleMmFault(vma, address, write, countsMajor);
            if ((result & FaultResult.Oom) != 0)
                return Errno.ENOMEM;
            if ((result & FaultResult.Error) != 0)
                return Errno.EFAULT;
            // Who is being killed needs no more pages (fatal_signal_pending in __get_user_pages).
            if ((_allocator.CurrentTask & AllocTaskFlags.OomVictim) != 0)
                return Errno.EINTR;
        }

        return Errno.None;
    }

    /// <summary>What FOLL_TOUCH does to a page that is there: marks it used, and dirty before a write (follow_page_pte, touch_pmd).</summary>
    private void Touch(ulong at, ulong entry, int level, bool write)
    {
        if (level > 1)
        {
            _tables.Store(at, entry | PteBits.Accessed | (write ? PteBits.Dirty : 0));
            return;
        }

        uint pfn = Pte<TFormat>.PfnOf(entry);
        if (write && (entry & PteBits.Dirty) == 0 && (_memMap[pfn].Flags & PageFlags.Dirty) == 0)
            _pages.DirtyFolio(pfn);
        if ((_memMap[pfn].Flags & (PageFlags.Anon | PageFlags.PageCache)) != 0)
            _lru.MarkAccessed(_memMap.Head(pfn));
    }

    public override void ApplyLock(int vma, ulong start, ulong end)
    {
        ref VmArea area = ref _vmas[vma];
        _lru.Drain();
        LockVisitor visitor = new(this, (area.Flags & VmFlags.Locked) != 0);
        _tables.Walk(area.Mm, start, end, ref visitor);
    }

    /// <summary>mlock_pte_range: marks the pages of present entries.</summary>
    private readonly struct LockVisitor(PageTablesOf<TFormat> owner, bool locks) : IEntryVisitor
    {
        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            ulong last = firstEntry + (((end - address) >> Pfn.Shift) * (ulong)TFormat.EntryBytes);
            for (ulong at = firstEntry; at < last; at += (ulong)TFormat.EntryBytes)
            {
                ulong entry = owner._tables.Load(at);
                if (Pte<TFormat>.IsPresent(entry) && (entry & PteBits.Special) == 0)
                    owner._rmap.Mlock(Pte<TFormat>.PfnOf(entry), locks);
            }

            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            if ((entry & PteBits.Special) == 0)
                owner._rmap.Mlock(Pte<TFormat>.PfnOf(entry), locks);
            return VisitResult.Continue;
        }

        public bool Hole(ulong address, ulong end) => true;
    }
}
