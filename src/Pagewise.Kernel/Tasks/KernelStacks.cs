using Pagewise.Abi;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Tasks;

/// <summary>
/// Kernel stacks of tasks (alloc_thread_stack_node, free_thread_stack of kernel/fork.c). A CPU keeps two stacks of tasks
/// that ended on it for the next ones.
/// </summary>
/// <remarks>Simplified: the page tables of the vmalloc range, shared by all address spaces, are not modelled; nor are interrupt stacks.</remarks>
public sealed class KernelStacks : IDisposable
{
    /// <summary>Stacks that a CPU keeps (NR_CACHED_STACKS).</summary>
    public const int CachedPerCpu = 2;

    private const int Kibibytes = KernelStack.PageCount * 4;
    private const Gfp StackGfp = Gfp.Kernel | Gfp.HighMem | Gfp.Zero;

    private static readonly KernelVersion LargerVmStruct = new(6, 15);

    private readonly Arena<KernelStack> _stacks = new(1 << 22);
    private readonly NativeArray<int> _cached;
    private readonly BuddyAllocator _pages;
    private readonly MemMap _memMap;
    private readonly VmStat _stat;
    private readonly KmemCaches _caches;
    private readonly KmemCache _vmStruct;
    private readonly KmemCache _pageArray;

    /// <summary>Makes none yet.</summary>
    /// <param name="pages">Who has the pages.</param>
    /// <param name="memMap">The frames.</param>
    /// <param name="caches">Where the objects come from.</param>
    /// <param name="stat">Counters.</param>
    public KernelStacks(BuddyAllocator pages, MemMap memMap, KmemCaches caches, VmStat stat)
    {
        _pages = pages;
        _memMap = memMap;
        _stat = stat;
        _caches = caches;
        // vm_struct has 8 words; 9 since it knows what size was asked for.
        _vmStruct = caches.Kmalloc(pages.Zones.Kernel >= LargerVmStruct ? 72 : 64);
        _pageArray = caches.Kmalloc(KernelStack.PageCount * sizeof(ulong));
        _cached = new NativeArray<int>((ulong)(pages.Zones.CpuCount * CachedPerCpu));
    }

    /// <summary>Adds the kernel objects in use to a list.</summary>
    public void CollectObjects(List<ulong> into)
    {
        for (int stack = 1; stack < _stacks.HighWater; stack++)
        {
            ref KernelStack one = ref _stacks[stack];
            if (one.VmapArea != 0)
                into.AddRange([one.VmapArea, one.VmStruct, one.PageArray]);
        }
    }

    /// <summary>Adds the frames of all stacks, those that CPUs keep among them, to a list.</summary>
    public void CollectFrames(List<uint> into)
    {
        for (int stack = 1; stack < _stacks.HighWater; stack++)
        {
            if (_stacks[stack].VmapArea != 0)
                into.AddRange(_stacks[stack].Frames);
        }
    }

    /// <summary>A stack for a task, one that the CPU kept or a new one; 0 when no memory is left.</summary>
    public int New()
    {
        int stack = TakeCached();
        if (stack == 0)
            stack = Make();
        if (stack == 0)
            return 0;
        if (!Charge(stack))
        {
            if (!Keep(_pages.CurrentCpu, stack))
                Vfree(stack);
            return 0;
        }

        _stat.NrKernelStack += Kibibytes;
        return stack;
    }

    /// <summary>Takes the stack of a task that has ended: the CPU keeps it, or its pages go.</summary>
    public void Free(int stack)
    {
        _stat.NrKernelStack -= Kibibytes;
        Uncharge(stack, KernelStack.PageCount);
        if (!Keep(_pages.CurrentCpu, stack))
            Vfree(stack);
    }

    /// <summary>
    /// Every CPU has the stacks it keeps, as on a machine on which tasks have ended before.
    /// </summary>
    /// <returns>False when no memory is left.</returns>
    public bool FillCaches()
    {
        for (int cpu = 0; cpu < _pages.Zones.CpuCount; cpu++)
        {
            for (int kept = 0; kept < CachedPerCpu; kept++)
            {
                int stack = Make();
                if (stack == 0)
                    return false;
                if (!Keep(cpu, stack))
                    Vfree(stack);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stacks.Dispose();
        _cached.Dispose();
    }

    /// <summary>The cgroup of the task that forks pays for the stack (memcg_charge_kernel_stack).</summary>
    private bool Charge(int stack)
    {
        MemCgroups memcgs = _caches.Memcgs;
        for (int page = 0; page < KernelStack.PageCount; page++)
        {
            uint pfn = _stacks[stack].Frames[page];
            if (!memcgs.ChargeKernelFrame(pfn, Gfp.Kernel))
            {
                Uncharge(stack, page);
                return false;
            }

            memcgs.Count(_memMap[pfn].Memcg, MemcgStat.KernelStackBytes, Pfn.SizeBytes);
        }

        return true;
    }

    /// <summary>exit_task_stack_account.</summary>
    private void Uncharge(int stack, int pages)
    {
        for (int page = 0; page < pages; page++)
        {
            uint pfn = _stacks[stack].Frames[page];
            _caches.Memcgs.Count(_memMap[pfn].Memcg, MemcgStat.KernelStackBytes, -Pfn.SizeBytes);
            _caches.Memcgs.UnchargeKernelFrame(pfn);
        }
    }

    private int TakeCached()
    {
        for (int i = 0; i < CachedPerCpu; i++)
        {
            ref int place = ref _cached[(_pages.CurrentCpu * CachedPerCpu) + i];
            if (place == 0)
                continue;
            int stack = place;
            place = 0;
            return stack;
        }

        return 0;
    }

    private bool Keep(int cpu, int stack)
    {
        for (int i = 0; i < CachedPerCpu; i++)
        {
            ref int place = ref _cached[(cpu * CachedPerCpu) + i];
            if (place != 0)
                continue;
            place = stack;
            return true;
        }

        return false;
    }

    /// <summary>__vmalloc_node_range for a stack; 0 when no memory is left.</summary>
    private int Make()
    {
        int stack = _stacks.Allocate();
        if (stack == 0)
            return 0;
        ref KernelStack made = ref _stacks[stack];
        made.VmStruct = _vmStruct.Allocate(Gfp.Kernel);
        made.VmapArea = made.VmStruct == 0 ? 0 : _caches.VmapArea.Allocate(Gfp.Kernel);
        made.PageArray = made.VmapArea == 0 ? 0 : _pageArray.Allocate(Gfp.Kernel);
        bool isComplete = made.PageArray != 0;
        for (int page = 0; isComplete && page < KernelStack.PageCount; page++)
        {
            uint pfn = _pages.AllocPages(StackGfp, 0);
            made.Frames[page] = pfn;
            isComplete = pfn != 0;
            if (isComplete)
                _memMap[pfn].Flags |= PageFlags.KernelStack;
        }

        if (isComplete)
            return stack;
        Vfree(stack);
        return 0;
    }

    private void Vfree(int stack)
    {
        ref KernelStack ended = ref _stacks[stack];
        for (int page = 0; page < KernelStack.PageCount; page++)
        {
            if (ended.Frames[page] != 0)
                _pages.FreePages(ended.Frames[page], 0);
        }

        foreach (ulong item in (ReadOnlySpan<ulong>)[ended.PageArray, ended.VmapArea, ended.VmStruct])
        {
            if (item != 0)
                _caches.Free(item);
        }

        ended = default;
        _stacks.Free(stack);
    }
}
