using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Faults;

/// <summary>
/// The page-fault handler: do_user_addr_fault (arch/x86/mm/fault.c) and handle_mm_fault (mm/memory.c). It decides by the
/// area and the entry what the page shall be, makes the entry, and counts.
/// </summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
internal sealed partial class FaultHandler<TFormat>
    where TFormat : struct, IPageTableFormat
{
    private readonly Arena<MmStruct> _mms;
    private readonly Arena<VmArea> _vmas;
    private readonly InodeTable _inodes;
    private readonly MemMap _memMap;
    private readonly BuddyAllocator _allocator;
    private readonly MemPolicyTable _policies;
    private readonly MemCgroups _memcgs;
    private readonly LruLists _lru;
    private readonly SwapSpace _swap;
    private readonly FilePages _pages;
    private readonly VmStat _stat;
    private readonly PteTables<TFormat> _tables;
    private readonly Rmap _rmap;
    private readonly Cpus<TFormat> _cpus;
    private readonly StackExpansion _stacks;
    private readonly AnonVmas _anonVmas;
    private readonly Arena<AnonVma> _anonVmaArena;
    private readonly ThpMode _thp;
    private readonly uint _faultAroundPages;
    private readonly Readahead _readahead;
    private readonly PageReads _reads;
    private readonly Writeback _writeback;
    private readonly EventQueue _events;
    private readonly MmFeatures _features;
    private readonly Clock _clock;

    public FaultHandler(KernelState state, PteTables<TFormat> tables, Rmap rmap, Cpus<TFormat> cpus)
    {
        _mms = state.Spaces.Mms;
        _vmas = state.Spaces.Vmas;
        _inodes = state.Inodes;
        _memMap = state.MemMap;
        _allocator = state.Allocator;
        _policies = state.Spaces.Policies;
        _memcgs = state.Memcgs;
        _lru = state.Lru;
        _swap = state.Swap;
        _pages = state.Pages;
        _stat = state.Stat;
        _tables = tables;
        _rmap = rmap;
        _cpus = cpus;
        _stacks = state.Stacks;
        _anonVmas = new AnonVmas(state.Spaces);
        _anonVmaArena = state.Spaces.AnonVmas;
        _thp = state.Thp;
        _faultAroundPages = state.FaultAroundPages;
        _readahead = state.Filemap.Readahead;
        _reads = state.Reads;
        _writeback = state.Writeback;
        _events = state.Events;
        _features = state.Settings.Features;
        _clock = state.Clock;
        ZeroPage = NewZeroPage();
    }

    /// <summary>The frame that every read of untouched private memory shows (ZERO_PAGE).</summary>
    public uint ZeroPage { get; }

    /// <summary>Minor faults of all tasks, the kernel's own (populate) included.</summary>
    public long MinorFaults { get; private set; }

    /// <summary>Major faults of all tasks.</summary>
    public long MajorFaults { get; private set; }

    /// <summary>Handles a fault that user mode raised (do_user_addr_fault).</summary>
    /// <param name="current">The task that made the access.</param>
    /// <param name="address">The address, canonical.</param>
    /// <param name="code">The CPU's error code.</param>
    public FaultOutcome Handle(in Current current, ulong address, FaultCode code)
    {
        int mm = current.Mm;
        if (address >= TFormat.TaskSize)
            return BadArea(mm, SignalCode.MapErr);
        int vma = _stacks.FindForAccess(in current, address, out bool grew);
        if (vma == 0)
            return BadArea(mm, SignalCode.MapErr);
        if (grew)
            _mms[mm].Faults.StackGrowth++;
        if (IsForbidden(_vmas[vma].Flags, code))
            return BadArea(mm, SignalCode.AccErr);
        FaultResult result = HandleMmFault(vma, address, (code & FaultCode.Write) != 0, countsMajor: true);
        if ((result & FaultResult.Error) == 0)
            return new FaultOutcome(Signal.None, SignalCode.None, (result & FaultResult.MajorOrRetry) != 0);
        if ((result & FaultResult.Segv) != 0)
            return BadArea(mm, SignalCode.MapErr);
        if ((result & FaultResult.Oom) != 0)
            return new FaultOutcome(Signal.Kill, SignalCode.Kernel, IsMajor: false);
        _mms[mm].Faults.Bus++;
        _clock.InvalidFaults++;
        return new FaultOutcome(Signal.Bus, SignalCode.AccErr, IsMajor: false);
    }

    /// <summary>
    /// Looks at a last-level entry that will be walked soon. When that will be a fault, asks the host for what is known of
    /// the slot in swap, or of the frame that a store finds write-protected. Changes nothing in the model.
    /// </summary>
    /// <param name="entryAt">The entry's physical address; 0: there is none.</param>
    /// <param name="write">Whether the access is a store.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong entryAt, bool write)
    {
        if (entryAt == 0)
            return;
        ulong entry = _tables.Load(entryAt);
        if (!Pte<TFormat>.IsPresent(entry))
            PrefetchSlot(entry);
        else if (write && (entry & PteBits.Write) == 0)
            _memMap.Prefetch(Pte<TFormat>.PfnOf(entry));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PrefetchSlot(ulong entry)
    {
        if (Pte<TFormat>.IsSwap(entry))
            _swap.Prefetch(Pte<TFormat>.SwapEntryOf(entry));
    }

    /// <summary>Resolves a fault in an area that allows the access (handle_mm_fault), and counts it.</summary>
    /// <param name="vma">The area.</param>
    /// <param name="address">The address.</param>
    /// <param name="write">Whether the access is a store.</param>
    /// <param name="countsMajor">False for mm_populate, which starts over after I/O and so counts a minor fault.</param>
    public FaultResult HandleMmFault(int vma, ulong address, bool write, bool countsMajor)
    {
        _events.RunDue();
        _stat.PgFault++;
        _memcgs.Count(_memcgs.Current, MemcgStat.PgFault, 1);
        // Sequential and random reads say nothing of what is used next.
        _lru.InFault = _lru.HasGens && (_vmas[vma].Flags & (VmFlags.SeqRead | VmFlags.RandRead)) == 0;
        FaultResult result = Resolve(vma, address & ~(ulong)(Pfn.SizeBytes - 1), write);
        _lru.InFault = false;
        if ((result & FaultResult.Error) != 0)
            return result;
        if ((result & FaultResult.MajorOrRetry) != 0)
            _clock.MajorFaults++;
        else
            _clock.MinorFaults++;
        if ((result & FaultResult.MajorOrRetry) != 0 && countsMajor)
            MajorFaults++;
        else
            MinorFaults++;
        return result;
    }

    /// <summary>Whether the area forbids the access (access_error). A fetch from a page not present is not refused here.</summary>
    private static bool IsForbidden(VmFlags flags, FaultCode code)
    {
        if ((code & FaultCode.Write) != 0)
            return (flags & VmFlags.Write) == 0;
        return (code & FaultCode.Protection) != 0 || (flags & VmFlags.AccessMask) == 0;
    }

    private FaultOutcome BadArea(int mm, SignalCode code)
    {
        if (code == SignalCode.MapErr)
            _mms[mm].Faults.SegvMapErr++;
        else
            _mms[mm].Faults.SegvAccErr++;
        _clock.InvalidFaults++;
        return new FaultOutcome(Signal.Segv, code, IsMajor: false);
    }

    /// <summary>__handle_mm_fault: large entry, empty entry, marker, or an entry that lacks a right.</summary>
    private FaultResult Resolve(int vma, ulong address, bool write)
    {
        ref VmArea area = ref _vmas[vma];
        if ((area.Flags & VmFlags.HugeTlb) != 0)
            return FaultResult.Bus; // hugetlb_fault: the pool of huge pages is empty, vm.nr_hugepages is 0
        ref MmStruct mm = ref _mms[area.Mm];
        ulong pmd = _tables.Allocate(area.Mm, address, 2);
        if (pmd == 0)
            return FaultResult.Oom;
        ulong entry = _tables.Load(pmd);
        bool isNewTable = !Pte<TFormat>.IsTable(entry);
        if (isNewTable)
        {
            FaultResult huge = ResolveHuge(vma, ref area, ref mm, address, pmd, entry, write);
            if (huge != FaultResult.Fallback)
                return huge;
        }

        ulong pte = isNewTable ? _tables.Allocate(area.Mm, address, 1) : Pte<TFormat>.EntryAt(entry & PteBits.AddressMask, address, 1);
        if (pte == 0)
            return FaultResult.Oom;
        entry = _tables.Load(pte);
        if (entry == 0)
        {
            if (area.IsAnonymous)
                return DoAnonymousPage(vma, ref area, ref mm, address, pte, write);
            FaultResult result = DoFault(vma, ref area, ref mm, address, pte, write, isNewTable);
            if (isNewTable && (result & FaultResult.Error) != 0)
                FreeUnused(ref mm, pmd);
            return result;
        }

        if (!Pte<TFormat>.IsPresent(entry))
            return Pte<TFormat>.IsSwap(entry) ? DoSwapPage(vma, ref area, ref mm, address, pte, entry, write) : HandleMarker(entry);
        if (write && (entry & PteBits.Write) == 0)
            return DoWpPage(vma, ref area, ref mm, address, pte, entry);
        _tables.Store(pte, entry | PteBits.Accessed | (write ? PteBits.Dirty : 0));
        mm.Faults.Spurious++;
        return FaultResult.None;
    }

    /// <summary>Linux hangs up a table for a file's page only when it has the page: without one, none is left behind (prealloc_pte).</summary>
    private void FreeUnused(ref MmStruct mm, ulong pmd)
    {
        ulong table = _tables.Load(pmd) & PteBits.AddressMask;
        if (!_tables.IsEmpty(table))
            return;
        _tables.Store(pmd, 0);
        _tables.FreeTable(ref mm, 1, (uint)(table >> Pfn.Shift));
    }

    /// <summary>handle_pte_marker: a guard page is SIGSEGV, one whose contents were lost SIGBUS.</summary>
    private static FaultResult HandleMarker(ulong entry) => Pte<TFormat>.IsGuard(entry)
        ? FaultResult.Segv
        : Pte<TFormat>.IsPoisoned(entry) ? FaultResult.Bus : throw new InvalidOperationException($"entry {entry:x} is a marker of a kind that nothing makes");

    /// <summary>The entry bits of an area's pages (vm_page_prot).</summary>
    private ulong PageProtection(in VmArea area) => Pte<TFormat>.Protection(area.Flags, WantsWriteNotify(area));

    /// <summary>Whether the first write to a shared page must fault, so that the file system hears of it (vma_wants_writenotify).</summary>
    public bool WantsWriteNotify(in VmArea area) =>
        (area.Flags & (VmFlags.Shared | VmFlags.Write)) == (VmFlags.Shared | VmFlags.Write)
        && area.Inode != 0 && _inodes.Inodes[area.Inode].Kind == InodeKind.Regular;

    /// <summary>Frames for a page of a program, paid for by the task's cgroup, from where the area's policy or the task's says (vma_alloc_folio); 0 when none is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint AllocUserPages(in VmArea area, ulong address, Gfp gfp, int order)
    {
        uint pfn = AllocUncharged(in area, address, gfp, order);
        return _memcgs.Current <= MemCgroups.Root || pfn == 0 ? pfn : Charge(pfn, gfp, order);
    }

    /// <summary>The task's cgroup pays for new frames; without its leave they go back.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint Charge(uint pfn, Gfp gfp, int order)
    {
        if (_memcgs.ChargeFrame(pfn, gfp, 1L << order))
            return pfn;
        _allocator.FreePages(pfn, order);
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint AllocUncharged(in VmArea area, ulong address, Gfp gfp, int order) => area.Policy == 0 && !_allocator.HasTaskPolicy
        ? _allocator.AllocPages(gfp, order)
        : AllocByPolicy(in area, address, gfp, order);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint AllocByPolicy(in VmArea area, ulong address, Gfp gfp, int order) =>
        _allocator.AllocPagesVma(gfp, order, _policies[area.Policy], MemPolicy.InterleaveIndex(area.PgOff, (address - area.Start) >> Pfn.Shift, order));

    /// <summary>
    /// Maps a new anonymous page and lets it wait for its list (page_add_new_anon_rmap,
    /// lru_cache_add_inactive_or_unevictable): in a locked area it is locked.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddNewAnon(ref VmArea area, ref MmStruct mm, uint pfn, ulong address)
    {
        _rmap.AddNewAnon(ref mm, pfn, area.AnonVma, area.PageIndex(address));
        if ((area.Flags & (VmFlags.Locked | VmFlags.Special)) == VmFlags.Locked)
            _rmap.Mlock(pfn, locks: true);
        _lru.Add(pfn);
    }

    private uint NewZeroPage()
    {
        uint pfn = _allocator.AllocPages(Gfp.Kernel | Gfp.Zero, 0);
        _memMap[pfn].Flags |= PageFlags.Zero;
        return pfn;
    }
}
