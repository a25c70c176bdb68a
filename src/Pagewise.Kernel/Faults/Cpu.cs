using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

/// <summary>One CPU: its MMU and what the kernel remembers of its TLB (struct tlb_state, arch/x86/mm/tlb.c).</summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
/// <param name="number">Its number, from 0.</param>
/// <param name="memory">The machine's RAM.</param>
/// <param name="preset">What CPU it is.</param>
internal sealed class Cpu<TFormat>(int number, PhysicalMemory memory, CpuPreset preset) : IDisposable
    where TFormat : struct, IPageTableFormat
{
    /// <summary>Identifiers in use at once (TLB_NR_DYN_ASIDS).</summary>
    private const int DynamicAsids = 6;

    private readonly ulong[] _contextIds = new ulong[DynamicAsids];
    private readonly ulong[] _tlbGens = new ulong[DynamicAsids];
    private readonly bool _hasAsids = preset.HasAsids;
    private int _nextAsid;
    private int _loadedAsid;

    public int Number { get; } = number;

    public Mmu<TFormat> Mmu { get; } = new(memory, preset);

    /// <summary>The address space loaded, by its context id; 0 when none.</summary>
    public ulong LoadedContext { get; private set; }

    /// <summary>The index of the address space loaded.</summary>
    public int LoadedMm { get; private set; }

    /// <summary>Loads an address space (switch_mm_irqs_off): its old identifier if it still has one, else the next in turn.</summary>
    public void SwitchTo(int mm, ulong contextId, ulong tlbGen, uint pgd)
    {
        int asid = 0;
        bool flush = true;
        if (_hasAsids)
        {
            while (asid < DynamicAsids && _contextIds[asid] != contextId)
                asid++;
            flush = asid == DynamicAsids || _tlbGens[asid] < tlbGen;
            if (asid == DynamicAsids)
            {
                asid = _nextAsid;
                _nextAsid = (_nextAsid + 1) % DynamicAsids;
            }
        }

        if (flush)
            Mmu.FlushAsid(Hardware(asid));
        _contextIds[asid] = contextId;
        _tlbGens[asid] = tlbGen;
        _loadedAsid = asid;
        LoadedContext = contextId;
        LoadedMm = mm;
        Mmu.LoadCr3(pgd, Hardware(asid));
    }

    /// <summary>Forgets the loaded address space, which is about to end (leave_mm).</summary>
    public void Unload()
    {
        LoadedContext = 0;
        LoadedMm = 0;
    }

    /// <summary>Drops pages of the loaded address space, or all of it when it is behind or they are too many (flush_tlb_func).</summary>
    /// <param name="start">First address.</param>
    /// <param name="pages">Pages to drop one by one; 0 for everything.</param>
    /// <param name="strideBytes">Distance between them.</param>
    /// <param name="tlbGen">The address space's generation, this flush included.</param>
    public void Flush(ulong start, int pages, ulong strideBytes, ulong tlbGen)
    {
        ref ulong seen = ref _tlbGens[_loadedAsid];
        if (pages > 0 && seen + 1 == tlbGen)
        {
            for (int i = 0; i < pages; i++)
                Mmu.InvalidatePage(start + ((ulong)i * strideBytes), Hardware(_loadedAsid));
        }
        else
        {
            Mmu.FlushAsid(Hardware(_loadedAsid));
        }

        seen = tlbGen;
    }

    /// <summary>Which of its TLBs have a translation of an address of an address space; changes nothing.</summary>
    public void FindTranslations(ulong contextId, ulong address, List<TlbFinding> findings)
    {
        int asid = _hasAsids ? Array.IndexOf(_contextIds, contextId) : LoadedContext == contextId ? 0 : -1;
        if (asid >= 0)
            Mmu.Find(Number, address, Hardware(asid), findings);
    }

    public void Dispose() => Mmu.Dispose();

    /// <summary>The hardware's identifier of a slot (kern_pcid): from 1, 0 is the kernel's.</summary>
    private static ushort Hardware(int asid) => (ushort)(asid + 1);
}
