using System.Globalization;
using System.Text;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Exports;

/// <summary>
/// Resident memory over virtual time as massif's output with pages as heap: a snapshot for each snapshot of the run, all of
/// them detailed, by area.
/// </summary>
internal static class MassifText
{
    private const int PageBytes = 4096;
    private const int MostAreas = 64;

    /// <summary>The text.</summary>
    /// <exception cref="ExportException">The run has no snapshots.</exception>
    public static string Write(RunFile run)
    {
        if (run.Snapshots.Count == 0)
            throw new ExportException("the run file has no snapshots, of which massif's are made");
        var comms = new Dictionary<int, string>();
        foreach (RunProcess process in run.Processes)
            comms[process.Pid] = process.Name;
        ILookup<long, RunSnapshotVma> areas = run.SnapshotVmas.Where(area => area.RssPages > 0).ToLookup(area => area.SnapshotId);
        long peak = run.Snapshots.OrderByDescending(snapshot => areas[snapshot.Id].Sum(area => area.RssPages)).First().Id;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"desc: --pages-as-heap=yes\ncmd: {OneLine.Of(run.Meta.GetValueOrDefault("recording") ?? "")}\ntime_unit: ms\n");
        int number = 0;
        foreach (RunSnapshot snapshot in run.Snapshots)
        {
            long pages = areas[snapshot.Id].Sum(area => area.RssPages);
            string tree = pages == 0 ? "empty" : snapshot.Id == peak ? "peak" : "detailed";
            text.Append(CultureInfo.InvariantCulture, $"#-----------\nsnapshot={number++}\n#-----------\ntime={snapshot.TimeNs / 1e6:0.000}\nmem_heap_B={pages * PageBytes}\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree={tree}\n");
            if (pages > 0)
                Tree(text, areas[snapshot.Id], pages, comms);
        }

        return text.ToString();
    }

    // The root, a node for each process, a leaf for each name of areas; leaves beyond the most are one.
    private static void Tree(StringBuilder text, IEnumerable<RunSnapshotVma> areas, long pages, Dictionary<int, string> comms)
    {
        var processes = areas.GroupBy(area => area.Pid).Select(process => (Pid: process.Key, Pages: process.Sum(area => area.RssPages), Areas: process)).OrderByDescending(process => process.Pages).ThenBy(process => process.Pid).ToList();
        text.Append(CultureInfo.InvariantCulture, $"n{processes.Count}: {pages * PageBytes} (resident pages)\n");
        foreach ((int pid, long resident, IGrouping<int, RunSnapshotVma> owned) in processes)
        {
            var names = owned.GroupBy(area => area.Name, StringComparer.Ordinal).Select(name => (Name: name.Key, First: name.Min(area => area.Start), Pages: name.Sum(area => area.RssPages)))
                .OrderByDescending(name => name.Pages).ThenBy(name => name.Name, StringComparer.Ordinal).ToList();
            int shown = Math.Min(names.Count, MostAreas);
            long rest = names.Skip(shown).Sum(name => name.Pages);
            text.Append(CultureInfo.InvariantCulture, $" n{shown + (rest > 0 ? 1 : 0)}: {resident * PageBytes} 0x{pid:X}: {OneLine.Of(comms.GetValueOrDefault(pid, "process"))} (process {pid})\n");
            foreach ((string name, ulong first, long count) in names.Take(shown))
                text.Append(CultureInfo.InvariantCulture, $"  n0: {count * PageBytes} 0x{first:X}: {(name.Length == 0 ? "anonymous memory" : OneLine.Of(name))} (area)\n");
            if (rest > 0)
                text.Append(CultureInfo.InvariantCulture, $"  n0: {rest * PageBytes} in {names.Count - shown} places, all below massif's threshold (0.00%)\n");
        }
    }
}
