using System.Runtime.InteropServices;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Procfs;

namespace Pagewise.Reports.RunFiles;

/// <summary>Counts faults by process, name of area and kind. The name of an area is made once, not at each fault.</summary>
/// <param name="machine">The machine.</param>
internal sealed class FaultSites(Machine machine)
{
    private const string NoArea = "(no area)";

    private readonly VmaTree _tree = new(machine.AddressSpaces);
    private readonly Dictionary<(int Pid, string Name), long[]> _sites = [];
    private readonly List<Known> _known = [];

    /// <summary>Counts a fault.</summary>
    public void Count(int pid, int mm, ulong address, FaultKind kind) => SiteOf(pid, mm, address)[(int)kind]++;

    /// <summary>The counts, ordered.</summary>
    public IReadOnlyList<RunFaultSite> Rows()
    {
        var rows = new List<RunFaultSite>();
        foreach (KeyValuePair<(int Pid, string Name), long[]> site in _sites.OrderBy(site => site.Key.Pid).ThenBy(site => site.Key.Name, StringComparer.Ordinal))
        {
            for (int kind = 0; kind < FaultKinds.Count; kind++)
            {
                if (site.Value[kind] > 0)
                    rows.Add(new RunFaultSite(site.Key.Pid, site.Key.Name, FaultKinds.NameOf((FaultKind)kind), site.Value[kind]));
            }
        }

        return rows;
    }

    private long[] SiteOf(int pid, int mm, ulong address)
    {
        int vma = mm == 0 ? 0 : _tree.FindVma(mm, address);
        if (vma == 0 || machine.AddressSpaces.Vmas[vma].Start > address)
            return CountsOf(pid, NoArea);
        if (vma >= _known.Count)
            CollectionsMarshal.SetCount(_known, vma + 64);
        ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
        ref Known known = ref CollectionsMarshal.AsSpan(_known)[vma];
        if (known.Counts is not null && known.Pid == pid && known.Start == area.Start && known.Inode == area.Inode && known.Name == area.Name)
            return known.Counts;
        known = new Known { Pid = pid, Start = area.Start, Inode = area.Inode, Name = area.Name, Counts = CountsOf(pid, MapsFile.Line(machine, vma).Name) };
        return known.Counts;
    }

    private long[] CountsOf(int pid, string name)
    {
        ref long[]? counts = ref CollectionsMarshal.GetValueRefOrAddDefault(_sites, (pid, name), out _);
        return counts ??= new long[FaultKinds.Count];
    }

    private struct Known
    {
        public int Pid;
        public ulong Start;
        public int Inode;
        public VmaName Name;
        public long[]? Counts;
    }
}
