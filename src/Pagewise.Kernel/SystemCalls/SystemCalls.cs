using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Mappings;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Slab;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel.SystemCalls;

/// <summary>
/// The first door: every system call that memory depends on, for a task named by its index in the task table. Results
/// are what the modelled kernel leaves in the return register.
/// </summary>
public sealed partial class SystemCalls : IDisposable
{
    private readonly TaskTable _tasks;
    private readonly Scheduler _scheduler;
    private readonly Clock _clock;
    private readonly MemCgroups _memcgs;
    private readonly AddressSpaceArenas _spaces;
    private readonly InodeTable _inodes;
    private readonly PageTables _pageTables;
    private readonly Filemap _filemap;
    private readonly Writeback _writeback;
    private readonly FilePages _pages;
    private readonly SwapSpace _swap;
    private readonly MmAccount _account;
    private readonly EventQueue _events;
    private readonly OpenFiles _files;
    private readonly FileTables _fileTables;
    private readonly TaskObjects _objects;
    private readonly MemoryMappings _mappings;
    private readonly Processes _processes;
    private readonly SharedSegments _segments;

    /// <summary>Opens the door over a machine's state.</summary>
    /// <param name="settings">The kernel's settings.</param>
    /// <param name="defaults">What the first task starts with.</param>
    /// <param name="spaces">Areas and address spaces.</param>
    /// <param name="inodes">Files.</param>
    /// <param name="pageTables">The page tables of all address spaces.</param>
    /// <param name="filemap">Reading of files.</param>
    /// <param name="writeback">Dirty pages of files.</param>
    /// <param name="pages">Pages of files.</param>
    /// <param name="swap">Swap.</param>
    /// <param name="caches">Where kernel objects come from.</param>
    /// <param name="objects">The kernel objects of tasks; the door disposes of them.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="scheduler">Which of them runs.</param>
    /// <param name="clock">Counts the calls, which take time.</param>
    /// <param name="events">What is due by the clock: runs when a call enters the kernel.</param>
    public SystemCalls(
        VmSettings settings,
        TaskDefaults defaults,
        AddressSpaceArenas spaces,
        InodeTable inodes,
        PageTables pageTables,
        Filemap filemap,
        Writeback writeback,
        FilePages pages,
        SwapSpace swap,
        KmemCaches caches,
        TaskObjects objects,
        TaskTable tasks,
        Scheduler scheduler,
        Clock clock,
        EventQueue events)
    {
        _scheduler = scheduler;
        _clock = clock;
        _memcgs = caches.Memcgs;
        _tasks = tasks;
        _spaces = spaces;
        _inodes = inodes;
        _pageTables = pageTables;
        _filemap = filemap;
        _writeback = writeback;
        _events = events;
        _objects = objects;
        _pages = pages;
        _swap = swap;
        _account = new MmAccount(spaces, settings);
        _files = new OpenFiles(spaces, inodes, pageTables, filemap.Readahead, caches, _account);
        _fileTables = new FileTables(_files, caches);
        _mappings = new MemoryMappings(settings, spaces, inodes, _files, pageTables);
        _processes = new Processes(settings, defaults, spaces, _mappings, pageTables, _files, _fileTables, objects, tasks, scheduler);
        _segments = new SharedSegments(_mappings, _files, inodes);
    }

    /// <summary>The door as one task has it.</summary>
    public TaskSystemCalls For(int task) => new(this, task);

    /// <summary>Adds the kernel objects in use that the door knows of to a list: open files, file tables and what tasks have.</summary>
    public void CollectObjects(List<ulong> into)
    {
        _files.CollectObjects(into);
        _fileTables.CollectObjects(into);
        _objects.CollectObjects(into);
    }

    /// <summary>
    /// The running task leaves the kernel: a SIGKILL that the OOM killer sent it while it was there ends it.
    /// <see cref="Invoke"/> does it itself; after one of the other methods it happens here, or when the task next faults,
    /// calls through <see cref="Invoke"/> or gives its CPU to another.
    /// </summary>
    /// <returns>Whether the task is dead now.</returns>
    public bool ReturnToUser()
    {
        _memcgs.HandleOverHigh();
        return _scheduler.Sigkills?.Deliver() ?? false;
    }

    /// <summary>Who makes and ends tasks.</summary>
    internal Processes Processes => _processes;

    /// <summary>Kernel stacks.</summary>
    public KernelStacks KernelStacks => _objects.Stacks;

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        _fileTables.Dispose();
        _objects.Dispose();
    }
}
