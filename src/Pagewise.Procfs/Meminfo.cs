using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Procfs;

/// <summary>/proc/meminfo (meminfo_proc_show, fs/proc/meminfo.c); reading and writing give the same bytes.</summary>
/// <param name="Fields">The fields in the file's order, KiB but for the HugePages_* counts.</param>
public sealed record Meminfo(IReadOnlyList<ProcfsCounter> Fields)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "meminfo";

    private const int NameWidth = 16;
    private const int LineWidth = 24;
    private const string HugePages = "HugePages_";

    private static readonly string[] Names =
        [.. ("MemTotal MemFree MemAvailable Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file) " +
            "Unevictable Mlocked SwapTotal SwapFree Zswap Zswapped Dirty Writeback AnonPages Mapped Shmem KReclaimable Slab SReclaimable SUnreclaim " +
            "KernelStack PageTables SecPageTables NFS_Unstable Bounce WritebackTmp CommitLimit Committed_AS VmallocTotal VmallocUsed " +
            "VmallocChunk Percpu AnonHugePages ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped HugePages_Total HugePages_Free " +
            "HugePages_Rsvd HugePages_Surp Hugepagesize Hugetlb").Split(' ')];

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a meminfo.</exception>
    public static Meminfo Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        var fields = new List<ProcfsCounter>();
        do
        {
            string name = scanner.Until(':', "a field's name");
            fields.Add(new ProcfsCounter(name, scanner.Number()));
            if (!name.StartsWith(HugePages, StringComparison.Ordinal))
                scanner.Expect(" kB");
            scanner.EndOfLine();
        }
        while (!scanner.AtEnd);
        return new Meminfo(fields);
    }

    /// <summary>What a modelled machine shows. What the kernel has beyond slabs, stacks and page tables is 0: it is not modelled; buffers count as cached.</summary>
    public static Meminfo Of(Machine machine)
    {
        VmStat stat = machine.VmStat;
        LruLists lru = machine.Lru;
        var pages = new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["MemTotal"] = (long)machine.Allocator.TotalPages,
            ["MemAvailable"] = Available(machine),
            ["Cached"] = stat.NrFilePages - stat.NrSwapCached,
            ["SwapCached"] = stat.NrSwapCached,
            ["Active"] = lru.Pages(LruList.ActiveAnon) + lru.Pages(LruList.ActiveFile),
            ["Inactive"] = lru.Pages(LruList.InactiveAnon) + lru.Pages(LruList.InactiveFile),
            ["Active(anon)"] = lru.Pages(LruList.ActiveAnon),
            ["Inactive(anon)"] = lru.Pages(LruList.InactiveAnon),
            ["Active(file)"] = lru.Pages(LruList.ActiveFile),
            ["Inactive(file)"] = lru.Pages(LruList.InactiveFile),
            ["Unevictable"] = lru.Pages(LruList.Unevictable),
            ["Writeback"] = stat.NrWriteback,
            ["Mlocked"] = stat.NrMlock,
            // Of an area that is being emptied what is in use still counts (si_swapinfo).
            ["SwapTotal"] = stat.TotalSwapPages + machine.Swap.PagesToBeUnused,
            ["SwapFree"] = stat.NrSwapPages + machine.Swap.PagesToBeUnused,
            ["Zswap"] = machine.Swap.ZswapFrames,
            ["Zswapped"] = machine.Swap.ZswappedPages,
            ["AnonPages"] = stat.NrAnonPages,
            ["Mapped"] = stat.NrMapped,
            ["Shmem"] = stat.NrShmem,
            ["KReclaimable"] = stat.NrSlabReclaimable,
            ["Slab"] = stat.NrSlabReclaimable + stat.NrSlabUnreclaimable,
            ["SReclaimable"] = stat.NrSlabReclaimable,
            ["SUnreclaim"] = stat.NrSlabUnreclaimable,
            ["KernelStack"] = stat.NrKernelStack >> 2,
            ["PageTables"] = stat.NrPageTablePages,
            ["CommitLimit"] = (long)machine.Settings.CommitLimitPages,
            ["Committed_AS"] = machine.AddressSpaces.CommittedAs,
            ["AnonHugePages"] = stat.NrAnonTransparentHugepages << HugePage.Order,
        };
        for (int zone = 0; zone < machine.Zones.ZoneCount; zone++)
            pages["MemFree"] = pages.GetValueOrDefault("MemFree") + machine.Zones[zone].FreePages;
        // 6.18 no longer has NFS_Unstable's pages but keeps the line; VmallocTotal is the size of the range, in KiB.
        return new Meminfo([.. from name in Names
            where name != "SecPageTables" || machine.Spec.Kernel >= new KernelVersion(6, 1)
            where !name.StartsWith("Zswap", StringComparison.Ordinal) || machine.Swap.HasZswap
            select new ProcfsCounter(name, name switch
            {
                "VmallocTotal" => 34359738367,
                "Hugepagesize" => 2048,
                _ => pages.GetValueOrDefault(name) << 2,
            })]);
    }

    /// <summary>A field, KiB; null when there is none of that name.</summary>
    public long? this[string name]
    {
        get
        {
            foreach (ProcfsCounter field in Fields)
            {
                if (field.Name == name)
                    return field.Value;
            }

            return null;
        }
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (ProcfsCounter field in Fields)
        {
            string name = (field.Name + ":").PadRight(NameWidth);
            string number = field.Value.ToString(CultureInfo.InvariantCulture).PadLeft(Math.Max(0, LineWidth - name.Length));
            text.Append(name.Length > NameWidth ? name + " " + number.TrimStart().PadLeft(Math.Max(0, LineWidth - name.Length - 1)) : name + number);
            text.Append(field.Name.StartsWith(HugePages, StringComparison.Ordinal) ? "\n" : " kB\n");
        }

        return text.ToString();
    }

    /// <summary>Free pages above the reserves and the part of the page cache that can go (si_mem_available).</summary>
    private static long Available(Machine machine)
    {
        long available = 0, reserved = 0, low = 0;
        for (int index = 0; index < machine.Zones.ZoneCount; index++)
        {
            ref Zone zone = ref machine.Zones[index];
            long protection = 0;
            for (int upper = 0; upper < ZoneTypes.Count; upper++)
                protection = Math.Max(protection, zone.LowmemReserve[upper]);
            available += zone.FreePages;
            reserved += Math.Min(protection + zone.MarkPages(Watermark.High), zone.ManagedPages);
            low += zone.MarkPages(Watermark.Low);
        }

        long cache = machine.Lru.Pages(LruList.ActiveFile) + machine.Lru.Pages(LruList.InactiveFile);
        long slabs = machine.VmStat.NrSlabReclaimable;
        return Math.Max(0, available - reserved + cache - Math.Min(cache / 2, low) + slabs - Math.Min(slabs / 2, low));
    }
}
