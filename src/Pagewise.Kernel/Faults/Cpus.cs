using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

/// <summary>
/// A machine's CPUs and the flushing of their TLBs (arch/x86/mm/tlb.c). A CPU that has the address space loaded is told
/// by an interrupt (a shootdown); one that had it before finds itself behind when it loads it again.
/// </summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
internal sealed class Cpus<TFormat> : IDisposable
    where TFormat : struct, IPageTableFormat
{
    /// <summary>More pages than this are dropped by a flush of the whole address space (tlb_single_page_flush_ceiling).</summary>
    private const int SinglePageFlushCeiling = 33;

    private readonly AddressSpaceArenas _spaces;
    private readonly Cpu<TFormat>[] _cpus;

    public Cpus(AddressSpaceArenas spaces, PhysicalMemory memory, CpuPreset preset, int count)
    {
        _spaces = spaces;
        _cpus = new Cpu<TFormat>[count];
        for (int i = 0; i < count; i++)
            _cpus[i] = new Cpu<TFormat>(i, memory, preset);
        Current = _cpus[0];
    }

    public int Count => _cpus.Length;

    public Cpu<TFormat> this[int number] => _cpus[number];

    /// <summary>The CPU that runs now.</summary>
    public Cpu<TFormat> Current { get; private set; }

    /// <summary>Interrupts sent to make another CPU flush.</summary>
    public long Shootdowns { get; private set; }

    /// <summary>Runs a CPU, with an address space loaded.</summary>
    public Cpu<TFormat> Run(int number, int mm)
    {
        Cpu<TFormat> cpu = _cpus[number];
        Current = cpu;
        ref MmStruct space = ref _spaces.Mms[mm];
        if (cpu.LoadedContext == space.ContextId)
            return cpu;
        ulong bit = 1UL << number;
        if (cpu.LoadedMm != 0)
            _spaces.Mms[cpu.LoadedMm].CpuMask &= ~bit;
        space.CpuMask |= bit;
        cpu.SwitchTo(mm, space.ContextId, space.TlbGen, space.Pgd);
        return cpu;
    }

    /// <summary>Drops the translations of a range of an address space on every CPU (flush_tlb_mm_range).</summary>
    public void FlushRange(int mm, ulong start, ulong end, ulong strideBytes, bool freedTables)
    {
        ref MmStruct space = ref _spaces.Mms[mm];
        ulong pages = (end - start) / strideBytes;
        space.TlbGen++;
        if (space.CpuMask == 0)
            return;
        int one = pages > SinglePageFlushCeiling || freedTables ? 0 : (int)pages;
        foreach (Cpu<TFormat> cpu in _cpus)
        {
            if ((space.CpuMask & (1UL << cpu.Number)) == 0)
                continue;
            if (cpu != Current)
            {
                Shootdowns++;
                cpu.Mmu.Counters.ShootdownsReceived++;
            }

            cpu.Flush(start, one, strideBytes, space.TlbGen);
        }
    }

    /// <summary>Drops one page (flush_tlb_page).</summary>
    public void FlushPage(int mm, ulong address) => FlushRange(mm, address, address + Pfn.SizeBytes, Pfn.SizeBytes, freedTables: false);

    /// <summary>Drops a whole address space (flush_tlb_mm).</summary>
    public void FlushMm(int mm) => FlushRange(mm, 0, ulong.MaxValue, Pfn.SizeBytes, freedTables: false);

    /// <summary>Unloads an address space that ends.</summary>
    public void Forget(int mm)
    {
        foreach (Cpu<TFormat> cpu in _cpus)
        {
            if (cpu.LoadedMm == mm)
                cpu.Unload();
        }

        _spaces.Mms[mm].CpuMask = 0;
    }

    public void Dispose()
    {
        foreach (Cpu<TFormat> cpu in _cpus)
            cpu.Dispose();
    }
}
