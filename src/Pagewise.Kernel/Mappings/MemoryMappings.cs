using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.PageCache;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Mappings;

/// <summary>
/// The calls that change address spaces: mmap, munmap, brk, mprotect, mremap, madvise, mlock and their kin, as
/// mm/mmap.c, mm/vma.c, mm/mprotect.c, mm/mremap.c, mm/madvise.c and mm/mlock.c do them. Which areas there are, at
/// which addresses, and which error a call returns is decided here; pages are changed through <see cref="PageTables"/>.
/// </summary>
public sealed partial class MemoryMappings
{
    private const ulong PageSize = 4096;
    private const ulong PageMask = ~(PageSize - 1);
    private const VmFlags LockedMask = VmFlags.Locked | VmFlags.LockOnFault;

    private readonly AddressSpaceArenas _spaces;
    private readonly Arena<VmArea> _vmas;
    private readonly Arena<MmStruct> _mms;
    private readonly InodeTable _inodes;
    private readonly PageTables _pageTables;
    private readonly OpenFiles _files;
    private readonly VmaTree _tree;
    private readonly AnonVmas _anonVmas;
    private readonly MmAccount _account;
    private readonly UnmappedArea _unmappedArea;
    private readonly VmSettings _settings;
    private readonly MmFeatures _features;

    /// <summary>Makes the calls over a machine's state.</summary>
    /// <param name="settings">The kernel's settings.</param>
    /// <param name="spaces">Areas and address spaces.</param>
    /// <param name="inodes">Inodes.</param>
    /// <param name="files">Open files.</param>
    /// <param name="pageTables">Page tables.</param>
    public MemoryMappings(VmSettings settings, AddressSpaceArenas spaces, InodeTable inodes, OpenFiles files, PageTables pageTables)
    {
        _settings = settings;
        _features = settings.Features;
        _spaces = spaces;
        _vmas = spaces.Vmas;
        _mms = spaces.Mms;
        _inodes = inodes;
        _files = files;
        _pageTables = pageTables;
        _tree = new VmaTree(spaces);
        _anonVmas = new AnonVmas(spaces);
        _account = new MmAccount(spaces, settings);
        _unmappedArea = new UnmappedArea(spaces, _tree, settings);
    }

    /// <summary>The areas in order.</summary>
    public VmaTree Tree => _tree;

    private static ulong PageAlign(ulong value) => (value + PageSize - 1) & PageMask;
}
