using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageCache;
using Pagewise.Procfs;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>Watches the replay of an experiment's workload: takes the snapshots that were taken, and notes every touch.</summary>
/// <param name="before">/proc/zoneinfo at <c>before</c>: what stood on the LRU lists; null: nothing is known of them.</param>
internal sealed class ExperimentRun(Zoneinfo? before) : IReplayObserver
{
    private const string SnapshotMark = "# snapshot ";
    private const string NotExecuted = "# not-executed ";
    private const int Quarters = 4;

    // Where the recorder puts the areas of its workers.
    private const ulong FirstArea = 0x2000_0000_0000;
    private const ulong SecondArea = 0x2100_0000_0000;
    private const int CallsPerAccess = 2;

    private readonly List<ExperimentSnapshot> _snapshots = [];
    private readonly List<ExperimentTouch> _window = [];
    private readonly List<ExperimentTouch> _others = [];
    private bool _inWindow;
    private bool _hasStarted;
    private int _mm;
    private int _tid;

    /// <summary>Who listens to the allocator from <c>before</c> on; null: nobody.</summary>
    public ExperimentTrace? Trace { get; init; }

    /// <summary>Who else watches.</summary>
    public IReplayObserver? Other { get; init; }

    /// <summary>The snapshots in their order.</summary>
    public IReadOnlyList<ExperimentSnapshot> Snapshots => _snapshots;

    /// <summary>What was killed, and the scores.</summary>
    public ExperimentOom Oom { get; } = new();

    /// <summary>The touches of faults.rle.</summary>
    public IReadOnlyList<ExperimentTouch> Window => _window;

    /// <summary>Touches after <c>before</c> by children of the process that the area belongs to.</summary>
    public IEnumerable<ExperimentTouch> ByChildren => _others.Where(touch => touch.Tid != _tid);

    /// <summary>Pages that the last mincore found in memory; null: there was none.</summary>
    public int? LastResident { get; private set; }

    /// <summary>The first address of the area: the first that was touched after <c>before</c>.</summary>
    public ulong AreaStart { get; private set; }

    /// <summary>The area's length, pages.</summary>
    public int AreaPages { get; private set; }

    /// <summary>When the recorder looked at the pages of the area for "end": at the snapshot <c>after</c>, else at the last one that still has it; -1: never.</summary>
    public int IndexOfLastLook
    {
        get
        {
            int after = IndexOf("after");
            return after >= 0 && _snapshots[after].States.Length > 0 ? after : _snapshots.FindLastIndex(snapshot => snapshot.States.Length > 0);
        }
    }

    /// <inheritdoc/>
    public bool WantsTouches => true;

    /// <summary>The place of a snapshot in their order; -1: there is none of that name.</summary>
    public int IndexOf(string tag) => _snapshots.FindIndex(snapshot => snapshot.Tag == tag);

    /// <inheritdoc/>
    public void SpaceEnding(Replayer replayer, ReplayTask task)
    {
    }

    /// <inheritdoc/>
    public void BatchDone(Replayer replayer)
    {
    }

    /// <inheritdoc/>
    public void Noted(Replayer replayer, string text)
    {
        if (text.StartsWith(SnapshotMark, StringComparison.Ordinal))
            Snapshot(replayer.Machine, text[SnapshotMark.Length..].Split(' ')[0]);
        else if (text.StartsWith("# faults.rle ", StringComparison.Ordinal))
            _inWindow = text.StartsWith("# faults.rle begin", StringComparison.Ordinal);
        else if (text.StartsWith(NotExecuted, StringComparison.Ordinal))
            GoOn(replayer, text[NotExecuted.Length..]);
        Other?.Noted(replayer, text);
    }

    /// <inheritdoc/>
    public void OomDumped(Replayer replayer, OomDump dump) => Oom.Add(replayer.Machine, dump, _others.Concat(_window));

    /// <inheritdoc/>
    public void CallDone(Replayer replayer, ReplayTask task, in CallRecord call)
    {
        if (call.Sysno == Sysno.Mincore)
            LastResident = replayer.LastResident;
        Other?.CallDone(replayer, task, in call);
    }

    /// <inheritdoc/>
    public void TouchDone(Replayer replayer, ReplayTask task, in TouchRecord touch) => Other?.TouchDone(replayer, task, in touch);

    /// <inheritdoc/>
    public void Touched(Replayer replayer, ReplayTask task, ulong address, AccessKind kind, long minor, long major)
    {
        if (!_hasStarted)
            return;
        if (_mm == 0)
        {
            _mm = replayer.Machine.Tasks.Tasks[task.Task].Mm;
            _tid = task.RecordedTid;
            AreaStart = address & ~4095UL;
            AreaPages = PagesFrom(replayer.Machine, _mm, AreaStart);
        }

        // The recorder asked getrusage before and after each access; its calls are not in the log.
        if (_inWindow)
            replayer.Machine.Clock.SystemCalls += CallsPerAccess;
        (_inWindow ? _window : _others).Add(new ExperimentTouch(task.RecordedTid, address, kind, (int)minor, (int)major));
    }

    // "140 touch(0x21000347a000, 1018716160, W) = 0": what a program that was killed there would have gone on to do, and does
    // where the model has not killed it.
    private void GoOn(Replayer replayer, string text)
    {
        string[] words = text.Split((char[])[' ', '(', ',', ')'], StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var who, "touch", ['0', 'x', .. var address], var length, "W", ..]
            || !int.TryParse(who, NumberStyles.None, CultureInfo.InvariantCulture, out int tid)
            || !ulong.TryParse(address, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong start)
            || !ulong.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes) || start + bytes < start
            || !replayer.Tasks.TryGetValue(tid, out ReplayTask? task) || task.IsKilled || task.Task == 0)
            return;
        for (ulong at = start; at < start + bytes; at += 4096)
        {
            if (!replayer.Machine.WriteMemory(task.Task, at, BitConverter.GetBytes(at)).IsResolved)
                return;
            _others.Add(new ExperimentTouch(tid, at, AccessKind.Write, 1, 0));
        }
    }

    private void Snapshot(Machine machine, string tag)
    {
        Oom.TakeScores(machine, tag);
        // Up to here the workload only built what the snapshot's free pages lack already.
        if (!_hasStarted && before is not null)
            machine.FillLists(node => (node < 0 ? null : before.Zones.FirstOrDefault(zone => zone.Node == node && zone.NodeStats.Count > 0)) is { } zone ? ListsOf(zone) : default);
        _hasStarted = true;
        machine.Allocator.TakesUsedFrames = false;
        if (_snapshots.Count == 0)
            Trace?.Attach(machine);
        Trace?.SnapshotTaken();
        InodeTablePages table = machine.Writeback.InodeTable;
        var snapshot = new ExperimentSnapshot(tag, Vmstat.Of(machine), (long)machine.Allocator.FreePageCount, _window.Count)
        {
            TableDirty = machine.FilePages.Buffers.DeviceInode == 0 ? 0 : machine.Inodes.Inodes[machine.FilePages.Buffers.DeviceInode].DirtyPages,
            TableDirtied = table.Dirtied,
            Cgroups = CgroupsOf(machine),
            AreaStates = machine.Memcgs.Any ? AreasOf(machine) : new Dictionary<string, string>(StringComparer.Ordinal),
        };
        if (_mm != 0 && machine.AddressSpaces.Mms[_mm].Pgd != 0 && PagesFrom(machine, _mm, AreaStart) >= AreaPages)
            snapshot = Look(machine, snapshot);
        _snapshots.Add(snapshot);
    }

    // Where the workers of experiments with cgroups have their areas a and b.
    private static Dictionary<string, string> AreasOf(Machine machine)
    {
        var states = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int task = 1; task < machine.Tasks.Tasks.HighWater; task++)
        {
            int mm = machine.Tasks.Tasks[task].Mm;
            if (machine.Tasks.Tasks[task].HasExited || mm == 0)
                continue;
            foreach ((ulong start, string letter) in (ReadOnlySpan<(ulong, string)>)[(FirstArea, "a"), (SecondArea, "b")])
            {
                string letters = StatesOf(machine, mm, start);
                if (letters.Length > 0)
                    states[machine.Tasks.CommOf(task) + letter] = letters;
            }
        }

        return states;
    }

    private static string StatesOf(Machine machine, int mm, ulong start)
    {
        char[] letters = new char[PagesFrom(machine, mm, start)];
        for (int page = 0; page < letters.Length; page++)
            letters[page] = StateOf(machine, mm, start + ((ulong)page << 12), out _);
        return new string(letters);
    }

    private static char StateOf(Machine machine, int mm, ulong address, out uint pfn)
    {
        pfn = machine.FindFrame(mm, address);
        return pfn != 0 ? Letter(machine.MemMap[pfn].Flags) : machine.IsSwapped(mm, address) ? 'S' : '-';
    }

    private static Dictionary<string, string> CgroupsOf(Machine machine)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        MemCgroups memcgs = machine.Memcgs;
        for (int memcg = memcgs.Any ? memcgs.Next(0, 0) : 0; memcg != 0; memcg = memcgs.Next(0, memcg))
        {
            if (!memcgs[memcg].IsOnline)
                continue;
            string path = memcg == MemCgroups.Root ? "/" : memcgs.PathOf(memcg)[1..];
            foreach (string file in CgroupFiles.Names(memcg))
            {
                foreach ((string key, string value) in CgroupFiles.Lines(machine, memcg, file))
                    values[key.Length == 0 ? $"cgroup.{path}.{file}" : $"cgroup.{path}.{file}.{key}"] = value;
            }
        }

        return values;
    }

    // What move_pages, /proc/PID/pagemap and /proc/kpageflags told the recorder.
    private ExperimentSnapshot Look(Machine machine, ExperimentSnapshot snapshot)
    {
        char[] states = new char[AreaPages];
        int[] nodes = new int[AreaPages];
        int[] kept = new int[Quarters];
        for (int page = 0; page < AreaPages; page++)
        {
            ulong address = AreaStart + ((ulong)page << 12);
            states[page] = StateOf(machine, _mm, address, out uint pfn);
            nodes[page] = states[page] is '-' or 'z' or 'S' ? -1 : machine.Zones[machine.Allocator.ZoneOf(pfn)].Node;
            if (pfn != 0 && machine.MemMap.Memory.U64((ulong)pfn << 12) == address)
                kept[(long)page * Quarters / AreaPages]++;
        }

        snapshot = snapshot with { States = new string(states), Nodes = nodes, Kept = kept };
        string cold = AreaStart == FirstArea ? StatesOf(machine, _mm, SecondArea) : "";
        return cold.Length == 0
            ? snapshot
            : snapshot with { AreaStates = new Dictionary<string, string>(snapshot.AreaStates, StringComparer.Ordinal) { ["hot"] = snapshot.States, ["cold"] = cold } };
    }

    private static LruFill ListsOf(ZoneinfoZone zone)
    {
        long mapped = zone.Stat("nr_mapped") ?? 0;
        long inactive = Math.Min(mapped, ExperimentMachine.MappedInactivePages);
        return new LruFill(zone.Stat("nr_inactive_anon") ?? 0, zone.Stat("nr_active_anon") ?? 0, zone.Stat("nr_inactive_file") ?? 0, zone.Stat("nr_active_file") ?? 0, inactive, mapped - inactive);
    }

    // As the recorder reads /proc/kpageflags: a page that waits in a CPU's batch is on no list, nor is the tail of a huge page.
    private static char Letter(PageFlags flags)
    {
        if ((flags & PageFlags.Zero) != 0)
            return 'z';
        if ((flags & PageFlags.Lru) == 0)
            return 'x';
        if ((flags & PageFlags.Unevictable) != 0)
            return 'u';
        bool isReferenced = (flags & PageFlags.Referenced) != 0;
        return (flags & PageFlags.Active) != 0 ? (isReferenced ? 'A' : 'a') : isReferenced ? 'I' : 'i';
    }

    private static int PagesFrom(Machine machine, int mm, ulong start)
    {
        ulong end = start;
        for (int vma = machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            if (area.Start <= end && area.End > end)
                end = area.End;
        }

        return (int)Math.Min((end - start) >> 12, int.MaxValue);
    }
}
