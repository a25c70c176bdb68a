namespace Pagewise.Kernel.AddressSpaces;

/// <summary>An address space: Linux's mm_struct. Areas hang on it as a list (Mmap) and a red-black tree (MmRb).</summary>
public struct MmStruct
{
    /// <summary>The frame number of the top page table (pgd).</summary>
    public uint Pgd;

    /// <summary>Lowest area (mmap), 0 when none.</summary>
    public int Mmap;

    /// <summary>Highest area: the end of the list.</summary>
    public int MmapTail;

    /// <summary>Root of the red-black tree (mm_rb).</summary>
    public int MmRb;

    /// <summary>The area found last (vmacache).</summary>
    public int MmapCache;

    /// <summary>Number of areas (map_count), against vm.max_map_count.</summary>
    public int MapCount;

    /// <summary>Tasks that run in it (mm_users).</summary>
    public int Users;

    /// <summary>A number that no other address space of the machine has or had (context.ctx_id); CPUs know their TLB entries by it.</summary>
    public ulong ContextId;

    /// <summary>Flushes asked for so far (context.tlb_gen): a CPU that has seen fewer is behind.</summary>
    public ulong TlbGen;

    /// <summary>CPUs that have it loaded (mm_cpumask), a bit each.</summary>
    public ulong CpuMask;

    /// <summary>The cgroup of the process that it belongs to (that of mm->owner); 0 counts as the root.</summary>
    public int Memcg;

    /// <summary>The cgroup in whose list of address spaces it stands (lru_gen.memcg); 0: in none.</summary>
    public int LruGenMemcg;

    /// <summary>The next address space of that list.</summary>
    public int LruGenNext;

    /// <summary>The address space before it in that list.</summary>
    public int LruGenPrev;

    /// <summary>Bit n: it ran since aging of node n last walked it (lru_gen.bitmap).</summary>
    public ulong LruGenBitmap;

    /// <summary>The next address space that has had pages in swap (mmlist).</summary>
    public int SwappedNext;

    /// <summary>The one before it; <see cref="SwappedMms.Head"/>: it is the first; 0: it has had none.</summary>
    public int SwappedPrev;

    /// <summary>Whether the OOM killer expects nothing of it any more (MMF_OOM_SKIP): the reaper has been there, or init runs in it too.</summary>
    public bool OomSkip;

    /// <summary>Whether mmap places from high to low (mmap_is_legacy when not).</summary>
    public bool TopDown;

    /// <summary>Whether core text and data are 32-bit (TASK_SIZE 4 GiB layouts).</summary>
    public bool Is32Bit;

    /// <summary>First address beyond user space (TASK_SIZE).</summary>
    public ulong TaskSize;

    /// <summary>First address that placement does not use unless a hint lies above it (DEFAULT_MAP_WINDOW).</summary>
    public ulong DefaultMapWindow;

    /// <summary>Where top-down placement starts (mmap_base), one past the highest address.</summary>
    public ulong MmapBase;

    /// <summary>Where MAP_32BIT placement starts: 1 GiB, more with ASLR.</summary>
    public ulong Mmap32Base;

    /// <summary>Where bottom-up placement starts (mmap_legacy_base).</summary>
    public ulong MmapLegacyBase;

    /// <summary>start_code.</summary>
    public ulong StartCode;

    /// <summary>end_code.</summary>
    public ulong EndCode;

    /// <summary>start_data.</summary>
    public ulong StartData;

    /// <summary>end_data.</summary>
    public ulong EndData;

    /// <summary>start_brk: where the heap begins.</summary>
    public ulong StartBrk;

    /// <summary>brk: the break as the program set it, not rounded.</summary>
    public ulong Brk;

    /// <summary>start_stack: the initial stack pointer.</summary>
    public ulong StartStack;

    /// <summary>arg_start.</summary>
    public ulong ArgStart;

    /// <summary>arg_end.</summary>
    public ulong ArgEnd;

    /// <summary>env_start.</summary>
    public ulong EnvStart;

    /// <summary>env_end.</summary>
    public ulong EnvEnd;

    /// <summary>Pages mapped (total_vm).</summary>
    public ulong TotalVm;

    /// <summary>High-water mark of <see cref="TotalVm"/> (hiwater_vm).</summary>
    public ulong HiwaterVm;

    /// <summary>Private writable pages (data_vm), against RLIMIT_DATA.</summary>
    public ulong DataVm;

    /// <summary>Executable, not writable pages (exec_vm).</summary>
    public ulong ExecVm;

    /// <summary>Stack pages (stack_vm).</summary>
    public ulong StackVm;

    /// <summary>Locked pages (locked_vm), against RLIMIT_MEMLOCK.</summary>
    public ulong LockedVm;

    /// <summary>Bytes of page tables below the pgd (pgtables_bytes).</summary>
    public ulong PgtablesBytes;

    /// <summary>Flags given to new areas (def_flags: mlockall(MCL_FUTURE)).</summary>
    public VmFlags DefFlags;

    /// <summary>High-water mark of resident pages (hiwater_rss).</summary>
    public long HiwaterRss;

    /// <summary>Resident pages.</summary>
    public RssCounters Rss;

    /// <summary>Faults by what resolved them.</summary>
    public FaultCounters Faults;
}
