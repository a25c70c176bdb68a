using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Exports;

/// <summary>The name of the area that an address lay in, from the snapshots of a run.</summary>
internal sealed class AreaNames
{
    private readonly Dictionary<int, List<(long TimeNs, RunSnapshotVma[] Areas)>> _byProcess = [];

    public AreaNames(RunFile run)
    {
        var times = new Dictionary<long, long>();
        foreach (RunSnapshot snapshot in run.Snapshots)
            times[snapshot.Id] = snapshot.TimeNs;
        foreach (IGrouping<(long SnapshotId, int Pid), RunSnapshotVma> space in run.SnapshotVmas.GroupBy(area => (area.SnapshotId, area.Pid)))
        {
            if (!_byProcess.TryGetValue(space.Key.Pid, out List<(long TimeNs, RunSnapshotVma[] Areas)>? spaces))
                _byProcess.Add(space.Key.Pid, spaces = []);
            spaces.Add((times.GetValueOrDefault(space.Key.SnapshotId), [.. space.OrderBy(area => area.Start)]));
        }
    }

    /// <summary>The name in the first snapshot after a moment that has the address, or in the last before; <c>(unknown)</c> where none has.</summary>
    public string Of(int pid, ulong address, long timeNs)
    {
        if (!_byProcess.TryGetValue(pid, out List<(long TimeNs, RunSnapshotVma[] Areas)>? spaces))
            return "(unknown)";
        int next = spaces.FindIndex(space => space.TimeNs >= timeNs);
        for (int index = next < 0 ? spaces.Count : next; index < spaces.Count; index++)
        {
            if (Find(spaces[index].Areas, address) is { } name)
                return name;
        }

        for (int index = (next < 0 ? spaces.Count : next) - 1; index >= 0; index--)
        {
            if (Find(spaces[index].Areas, address) is { } name)
                return name;
        }

        return "(unknown)";
    }

    private static string? Find(RunSnapshotVma[] areas, ulong address)
    {
        int low = 0, high = areas.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (address < areas[middle].Start)
                high = middle - 1;
            else if (address >= areas[middle].End)
                low = middle + 1;
            else
                return areas[middle].Name.Length == 0 ? "(anonymous)" : areas[middle].Name;
        }

        return null;
    }
}
