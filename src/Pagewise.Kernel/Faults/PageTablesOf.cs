using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Faults;

/// <summary>The page tables of all address spaces in one format. See <see cref="PageTables"/>.</summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
internal sealed partial class PageTablesOf<TFormat> : PageTables, IPageMkclean
    where TFormat : struct, IPageTableFormat
{
    private readonly Arena<MmStruct> _mms;
    private readonly Arena<VmArea> _vmas;
    private readonly InodeTable _inodes;
    private readonly MemMap _memMap;
    private readonly BuddyAllocator _allocator;
    private readonly LruLists _lru;
    private readonly SwapSpace _swap;
    private readonly FilePages _pages;
    private readonly Filemap _filemap;
    private readonly PageReads _reads;
    private readonly Writeback _writeback;
    private readonly VmStat _stat;
    private readonly PteTables<TFormat> _tables;
    private readonly Rmap _rmap;
    private readonly Cpus<TFormat> _cpus;
    private readonly FaultHandler<TFormat> _faults;
    private readonly VmaTree _tree;
    private readonly AnonVmas _anonVmas;
    private readonly Arena<AnonVma> _anonVmaArena;
    private readonly MmFeatures _features;
    private readonly Clock _clock;
    private readonly SwappedMms _swapped;
    private ulong _lastContextId;

    public PageTablesOf(KernelState state, PteTables<TFormat> tables, Rmap rmap, Cpus<TFormat> cpus, FaultHandler<TFormat> faults)
    {
        _mms = state.Spaces.Mms;
        _vmas = state.Spaces.Vmas;
        _inodes = state.Inodes;
        _memMap = state.MemMap;
        _allocator = state.Allocator;
        _lru = state.Lru;
        _swap = state.Swap;
        _pages = state.Pages;
        _filemap = state.Filemap;
        _reads = state.Reads;
        _writeback = state.Writeback;
        _writeback.Mkclean = this;
        _stat = state.Stat;
        _tables = tables;
        _rmap = rmap;
        _cpus = cpus;
        _faults = faults;
        _features = state.Settings.Features;
        _clock = state.Clock;
        _swapped = state.Spaces.Swapped;
        _gather = new MmuGather<TFormat>(state, tables, cpus);
        _tree = new VmaTree(state.Spaces);
        _anonVmas = new AnonVmas(state.Spaces);
        _anonVmaArena = state.Spaces.AnonVmas;
    }

    /// <summary>Who reclaims what MADV_PAGEOUT names; null: no one, and anonymous pages stay.</summary>
    public IPageReclaim? Reclaim { get; set; }

    /// <summary>Reverse mapping, which <see cref="Validate"/> holds against the tables; null: it is not checked.</summary>
    public RmapWalks? Walks { get; set; }

    public override long MinorFaults => _faults.MinorFaults;

    public override long MajorFaults => _faults.MajorFaults;

    public override bool AllocatePgd(int mm)
    {
        ref MmStruct space = ref _mms[mm];
        space.Pgd = _tables.NewTable(ref space, TFormat.Levels);
        space.ContextId = ++_lastContextId;
        space.TlbGen = 1;
        return space.Pgd != 0;
    }

    public override void FreePgd(int mm)
    {
        _cpus.Forget(mm);
        ref MmStruct space = ref _mms[mm];
        _tables.FreeTable(ref space, TFormat.Levels, space.Pgd);
        space.Pgd = 0;
    }

    public override void SplitHugeAt(int vma, ulong address)
    {
        if ((address & (HugePage.SizeBytes - 1)) == 0 || !FaultHandler<TFormat>.HasHugePages)
            return;
        int mm = _vmas[vma].Mm;
        ulong at = _tables.Find(mm, address, 2, out int level);
        if (level == 2 && Pte<TFormat>.IsLarge(_tables.Load(at)))
            _faults.SplitPmd(mm, address, at);
    }

    /// <summary>The entry bits of an area's pages (vm_page_prot).</summary>
    private ulong PageProtection(in VmArea area) => Pte<TFormat>.Protection(area.Flags, _faults.WantsWriteNotify(area));
}
