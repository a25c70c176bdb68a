using System.IO.Compression;
using Pagewise.Replay;
using Pagewise.Reports.Snapshots;

namespace Pagewise.Reports.RunFiles;

/// <summary>
/// Takes snapshots of a machine: at equal steps of virtual time, which double when there are too many, when the OOM killer
/// looks, and before the last process ends.
/// </summary>
internal sealed class SnapshotTaker
{
    private const int MostSteps = 22;
    private const int MostKills = 8;
    private const int FreeSteps = 8;
    private const int WorkPerFrame = 32;
    private const int AccessesPerFault = 16;
    private const double FirstStepNs = 20_000;

    private readonly List<Taken> _steps = [];
    private readonly List<Taken> _kills = [];
    private Taken? _end;
    private double _stepNs = FirstStepNs;
    private double _nextNs;
    private long _workThen;

    /// <summary>Between two events of the recording: takes one if it is time.</summary>
    public void LookAt(Replayer replayer, double nowNs)
    {
        if (nowNs < _nextNs)
            return;
        // A long event may have passed several steps: one snapshot stands for them.
        double step = Math.Floor(nowNs / _stepNs);
        _nextNs = (step + 1) * _stepNs;
        // A snapshot looks at every frame in use: with more than a few, the replay must have done so much more meanwhile.
        long work = WorkOf(replayer);
        long frames = (long)replayer.Machine.Allocator.TotalPages - (long)replayer.Machine.Allocator.FreePageCount;
        if (_steps.Count >= FreeSteps && work - _workThen < frames * WorkPerFrame)
            return;
        _workThen = work;
        if (_steps.Count == MostSteps)
            Thin();
        _steps.Add(new Taken(MachineSnapshotBuilder.Of(replayer, "time", SnapshotBudget.Small), replayer.Events, step * _stepNs));
    }

    // In accesses; a fault and an event of the recording take as long as many.
    private static long WorkOf(Replayer replayer) => replayer.Accesses + (AccessesPerFault * (replayer.Machine.VmStat.PgFault + replayer.Events));

    /// <summary>The OOM killer has chosen.</summary>
    public void OomDumped(Replayer replayer)
    {
        if (_kills.Count < MostKills)
            _kills.Add(new Taken(MachineSnapshotBuilder.Of(replayer, "oom", SnapshotBudget.Small), replayer.Events, replayer.Machine.NowNs));
    }

    /// <summary>The end so far: the last process is about to end, or the replay has.</summary>
    public void End(Replayer replayer) => _end = new Taken(MachineSnapshotBuilder.Of(replayer, "end", SnapshotBudget.Large), replayer.Events, replayer.Machine.NowNs);

    /// <summary>The snapshots in order of time, with the tables that are filled from them.</summary>
    public (IReadOnlyList<RunSnapshot> Snapshots, IReadOnlyList<RunSnapshotVma> Vmas, IReadOnlyList<RunSnapshotFree> Free) Rows()
    {
        var snapshots = new List<RunSnapshot>();
        var vmas = new List<RunSnapshotVma>();
        var free = new List<RunSnapshotFree>();
        IEnumerable<Taken> taken = _steps.Concat(_kills);
        if (_end is not null)
            taken = taken.Append(_end);
        foreach (Taken one in taken.OrderBy(one => one.Snapshot.TimeNs))
        {
            long id = snapshots.Count + 1;
            snapshots.Add(new RunSnapshot(id, (long)one.Snapshot.TimeNs, one.Event, one.Snapshot.Line, one.Snapshot.Reason, Pack(MachineSnapshotJson.Write(one.Snapshot))));
            foreach (SpaceSnapshot space in one.Snapshot.Spaces)
            {
                foreach (VmaSnapshot area in space.Vmas)
                    vmas.Add(new RunSnapshotVma(id, space.Pid, (ulong)area.StartPage << 12, (ulong)(area.StartPage + area.Pages) << 12, area.Access, area.OffsetPages << 12, area.Name, area.ResidentPages, area.SwappedPages));
            }

            foreach (ZoneSnapshot zone in one.Snapshot.Zones)
            {
                foreach ((string type, IReadOnlyList<long> blocks) in zone.FreeBlocks.OrderBy(type => type.Key, StringComparer.Ordinal))
                {
                    for (int order = 0; order < blocks.Count; order++)
                    {
                        if (blocks[order] > 0)
                            free.Add(new RunSnapshotFree(id, zone.Node, zone.Name, order, type, blocks[order]));
                    }
                }
            }
        }

        return (snapshots, vmas, free);
    }

    private static byte[] Pack(byte[] json)
    {
        var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            brotli.Write(json);
        return packed.ToArray();
    }

    private void Thin()
    {
        _stepNs *= 2;
        _steps.RemoveAll(one => one.StepNs / _stepNs != Math.Floor(one.StepNs / _stepNs));
    }

    private sealed record Taken(MachineSnapshot Snapshot, long Event, double StepNs);
}
