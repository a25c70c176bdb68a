using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>A new, empty address space with one user (mm_alloc); 0 when no memory is left.</summary>
    public int NewSpace()
    {
        int mm = _spaces.MmSlab.Allocate();
        if (mm == 0)
            return 0;
        _mms[mm].Users = 1;
        if (_pageTables.AllocatePgd(mm))
        {
            _spaces.LruGenMms?.Add(mm);
            return mm;
        }

        _spaces.MmSlab.Free(mm);
        return 0;
    }

    /// <summary>Drops a user of an address space; the last one takes it down (mmput, exit_mmap).</summary>
    public void PutSpace(int mm)
    {
        ref MmStruct space = ref _mms[mm];
        if (--space.Users != 0)
            return;
        _spaces.LruGenMms?.Remove(mm);
        _spaces.Swapped.Remove(mm);
        UnmapAll(mm);
        _pageTables.FreePgd(mm);
        _spaces.MmSlab.Free(mm);
    }

    private void UnmapAll(int mm)
    {
        ref MmStruct space = ref _mms[mm];
        if (space.Mmap == 0)
            return;
        UnmapRange all = new() { First = space.Mmap, Start = 0, End = ulong.MaxValue };
        for (int vma = space.Mmap; vma != 0; vma = _vmas[vma].Next)
        {
            if ((_vmas[vma].Flags & VmFlags.Account) != 0)
                all.Accounted += _vmas[vma].Pages;
        }

        CompleteUnmap(mm, in all);
    }

    /// <summary>
    /// A child's copy of an address space (dup_mm, dup_mmap): areas marked DONTCOPY stay out, those marked WIPEONFORK
    /// come empty, no lock is inherited, and what is charged is charged again.
    /// </summary>
    /// <param name="current">The forking task.</param>
    /// <param name="error">ENOMEM when memory or the commit account refuses.</param>
    /// <returns>The child's address space; 0 on an error.</returns>
    public int ForkSpace(in Current current, out Errno error)
    {
        error = Errno.ENOMEM;
        int child = NewSpace();
        if (child == 0)
            return 0;
        CopyLayout(current.Mm, child);
        for (int vma = _mms[current.Mm].Mmap; vma != 0; vma = _vmas[vma].Next)
        {
            if ((_vmas[vma].Flags & VmFlags.DontCopy) != 0)
            {
                _account.StatAccount(child, _vmas[vma].Flags, -(long)_vmas[vma].Pages);
                continue;
            }

            if (ForkArea(in current, vma, child))
                continue;
            PutSpace(child);
            return 0;
        }

        ref MmStruct space = ref _mms[child];
        space.HiwaterVm = space.TotalVm;
        space.HiwaterRss = space.Rss.Total;
        error = Errno.None;
        return child;
    }

    private bool ForkArea(in Current current, int vma, int child)
    {
        ref readonly VmArea parent = ref _vmas[vma];
        bool accounted = (parent.Flags & VmFlags.Account) != 0;
        if (accounted && !_account.TryCharge(in current, parent.Pages))
            return false;
        int copy = DuplicateArea(vma);
        bool wipe = (parent.Flags & VmFlags.WipeOnFork) != 0;
        if (copy != 0)
            _vmas[copy].AnonVma = 0;
        if (copy == 0 || (!wipe && !_anonVmas.Fork(copy, vma)))
        {
            if (copy != 0)
                _spaces.VmaSlab.Free(copy);
            if (accounted)
                _account.Uncharge(parent.Pages);
            return false;
        }

        ref VmArea area = ref _vmas[copy];
        area.Flags &= ~LockedMask;
        if (area.File != 0)
            _files.Get(area.File);
        LinkArea(child, copy);
        return wipe || !_pageTables.NeedsCopy(vma) || _pageTables.Copy(copy, vma);
    }

    private void CopyLayout(int from, int to)
    {
        ref readonly MmStruct source = ref _mms[from];
        ref MmStruct space = ref _mms[to];
        space.TopDown = source.TopDown;
        space.Is32Bit = source.Is32Bit;
        space.TaskSize = source.TaskSize;
        space.DefaultMapWindow = source.DefaultMapWindow;
        space.MmapBase = source.MmapBase;
        space.MmapLegacyBase = source.MmapLegacyBase;
        space.Mmap32Base = source.Mmap32Base;
        space.StartCode = source.StartCode;
        space.EndCode = source.EndCode;
        space.StartData = source.StartData;
        space.EndData = source.EndData;
        space.StartBrk = source.StartBrk;
        space.Brk = source.Brk;
        space.StartStack = source.StartStack;
        space.ArgStart = source.ArgStart;
        space.ArgEnd = source.ArgEnd;
        space.EnvStart = source.EnvStart;
        space.EnvEnd = source.EnvEnd;
        space.TotalVm = source.TotalVm;
        space.DataVm = source.DataVm;
        space.ExecVm = source.ExecVm;
        space.StackVm = source.StackVm;
    }
}
