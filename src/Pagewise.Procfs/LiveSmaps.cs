using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Procfs;

/// <summary>Smaps and smaps_rollup of a modelled address space: its page tables walked, with the map counts of the frames.</summary>
internal static class LiveSmaps
{
    private const int PageKib = 4;

    /// <summary>6.8: pages that KSM merged.</summary>
    private static readonly KernelVersion ShowsKsm = new(6, 8);

    /// <summary>6.0: Pss_Dirty.</summary>
    private static readonly KernelVersion ShowsPssDirty = new(6, 0);

    private static readonly KernelVersion PadsThpEligible = new(6, 6);

    /// <summary>The letters of show_smap_vma_flags, in the order of the bits. VM_SOFTDIRTY's are not shown: kernels without CONFIG_MEM_SOFT_DIRTY are modelled.</summary>
    private static readonly (VmFlags Flag, string Letters)[] Letters =
    [
        (VmFlags.Read, "rd"), (VmFlags.Write, "wr"), (VmFlags.Exec, "ex"), (VmFlags.Shared, "sh"),
        (VmFlags.MayRead, "mr"), (VmFlags.MayWrite, "mw"), (VmFlags.MayExec, "me"), (VmFlags.MayShare, "ms"),
        (VmFlags.GrowsDown, "gd"), (VmFlags.PfnMap, "pf"), (VmFlags.MaybeGuard, "gu"), (VmFlags.Locked, "lo"), (VmFlags.Io, "io"), (VmFlags.SeqRead, "sr"),
        (VmFlags.RandRead, "rr"), (VmFlags.DontCopy, "dc"), (VmFlags.DontExpand, "de"), (VmFlags.LockOnFault, "lf"),
        (VmFlags.Account, "ac"), (VmFlags.NoReserve, "nr"), (VmFlags.HugeTlb, "ht"), (VmFlags.Sync, "sf"),
        (VmFlags.WipeOnFork, "wf"), (VmFlags.DontDump, "dd"), (VmFlags.MixedMap, "mm"), (VmFlags.HugePage, "hg"),
        (VmFlags.NoHugePage, "nh"), (VmFlags.Mergeable, "mg"), (VmFlags.Droppable, "dp"), (VmFlags.Sealed, "sl"),
    ];

    public static Smaps Smaps(Machine machine, int mm)
    {
        var areas = new List<SmapsArea>();
        if (mm == 0)
            return new Smaps(areas);
        for (int vma = machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
            areas.Add(Area(machine, vma));
        if (MapsFile.GatePage(machine) is { } gate)
            areas.Add(Area(machine, gate, PageKib, default, eligible: false, VmFlags.Exec));
        return new Smaps(areas);
    }

    public static SmapsRollup Rollup(Machine machine, int mm)
    {
        int vma = mm == 0 ? 0 : machine.AddressSpaces.Mms[mm].Mmap;
        if (vma == 0)
            return new SmapsRollup((SmapsArea?)null);
        (ulong start, ulong end) = (machine.AddressSpaces.Vmas[vma].Start, 0UL);
        MemSizeStats sum = default;
        for (; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            sum.Add(machine.PageTables.GatherSizes(vma));
            end = machine.AddressSpaces.Vmas[vma].End;
        }

        return new SmapsRollup(new SmapsArea(new MapsLine(start, end, MapsAccess.None, 0, 0, 0, 0, "[rollup]"), [.. Sizes(machine.Spec.Kernel, sum, isRollup: true)]));
    }

    private static SmapsArea Area(Machine machine, int vma)
    {
        ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
        int shift = area.Inode == 0 || (area.Flags & VmFlags.HugeTlb) == 0 ? 0 : machine.Inodes.Inodes[area.Inode].HugePageShift;
        long pageKib = shift == 0 ? PageKib : 1L << (shift - 10);
        return Area(machine, MapsFile.Line(machine, vma), pageKib, machine.PageTables.GatherSizes(vma), machine.PageTables.IsThpEligible(vma), area.Flags);
    }

    private static SmapsArea Area(Machine machine, MapsLine line, long pageKib, in MemSizeStats stats, bool eligible, VmFlags flags)
    {
        List<ProcfsCounter> sizes = [new("Size", (long)(line.LengthBytes >> 10)), new("KernelPageSize", pageKib), new("MMUPageSize", pageKib)];
        sizes.AddRange(Sizes(machine.Spec.Kernel, stats, isRollup: false));
        return new SmapsArea(line, sizes)
        {
            ThpEligible = eligible,
            HasNarrowThpEligible = machine.Spec.Kernel < PadsThpEligible,
            VmFlags = [.. from one in Letters where (flags & one.Flag) != 0 select one.Letters],
        };
    }

    /// <summary>The sizes in the order of __show_smap. What no mechanism of the machine makes is 0: KSM, huge pages of files and shared memory, hugetlb pages.</summary>
    private static IEnumerable<ProcfsCounter> Sizes(KernelVersion kernel, MemSizeStats stats, bool isRollup)
    {
        yield return Kib("Rss", stats.Resident);
        yield return Kib("Pss", stats.Pss >> MemSizeStats.PssShift);
        if (kernel >= ShowsPssDirty)
            yield return Kib("Pss_Dirty", stats.PssDirty >> MemSizeStats.PssShift);
        if (isRollup)
        {
            yield return Kib("Pss_Anon", stats.PssAnon >> MemSizeStats.PssShift);
            yield return Kib("Pss_File", stats.PssFile >> MemSizeStats.PssShift);
            yield return Kib("Pss_Shmem", stats.PssShmem >> MemSizeStats.PssShift);
        }

        yield return Kib("Shared_Clean", stats.SharedClean);
        yield return Kib("Shared_Dirty", stats.SharedDirty);
        yield return Kib("Private_Clean", stats.PrivateClean);
        yield return Kib("Private_Dirty", stats.PrivateDirty);
        yield return Kib("Referenced", stats.Referenced);
        yield return Kib("Anonymous", stats.Anonymous);
        if (kernel >= ShowsKsm)
            yield return Kib("KSM", 0);
        yield return Kib("LazyFree", stats.LazyFree);
        yield return Kib("AnonHugePages", stats.AnonymousThp);
        yield return Kib("ShmemPmdMapped", 0);
        yield return Kib("FilePmdMapped", 0);
        yield return Kib("Shared_Hugetlb", 0);
        yield return Kib("Private_Hugetlb", 0);
        yield return Kib("Swap", stats.Swap);
        yield return Kib("SwapPss", stats.SwapPss >> MemSizeStats.PssShift);
        yield return Kib("Locked", stats.PssLocked >> MemSizeStats.PssShift);
    }

    private static ProcfsCounter Kib(string name, ulong bytes) => new(name, (long)(bytes >> 10));
}
