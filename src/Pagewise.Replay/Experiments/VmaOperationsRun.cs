using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// Watches the replay of random VMA operations: after each, areas and page-table entries of the arena are compared with
/// the line of vmaops.seedN.txt that the recorded kernel gave.
/// </summary>
internal sealed class VmaOperationsRun : IReplayObserver
{
    private const ulong Base = 0x3000_0000_0000;
    private const ulong ArenaBytes = 32 << 12;
    private const string Mark = "# op ";

    private readonly ExperimentFiles _files;
    private readonly Action<string> _comparing;
    private readonly Dictionary<int, Seed> _seeds = [];

    /// <summary>Makes a watcher.</summary>
    /// <param name="files">The experiment.</param>
    /// <param name="comparing">Told of the file that results belong to, before they are compared.</param>
    public VmaOperationsRun(ExperimentFiles files, Action<string> comparing)
    {
        _files = files;
        _comparing = comparing;
    }

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
        if (!text.StartsWith(Mark, StringComparison.Ordinal))
            return;
        string[] words = text[Mark.Length..].Split(' ');
        if (words.Length < 2 || !int.TryParse(words[0], CultureInfo.InvariantCulture, out int seed) || !int.TryParse(words[1], CultureInfo.InvariantCulture, out int operation))
            throw new RecordingException(_files.PathOf("workload.log"), replayer.Line, 1, "expected \"# op SEED OPERATION\"");
        if (!_seeds.TryGetValue(seed, out Seed? state))
        {
            state = new Seed(ReadLines($"vmaops.seed{seed}.txt"));
            _seeds.Add(seed, state);
        }

        Compare(replayer, state, seed, operation);
    }

    /// <summary>The value of a <c>seedN</c> expectation; null when it is unknown.</summary>
    public string? Value(string at, string metric)
    {
        if (!at.StartsWith("seed", StringComparison.Ordinal) || !int.TryParse(at.AsSpan(4), CultureInfo.InvariantCulture, out int number) || !_seeds.TryGetValue(number, out Seed? seed))
            return null;
        return metric switch
        {
            "operations" => Text(seed.Operations),
            "faults.minor" => Text(seed.MinorFaults),
            "faults.major" => Text(seed.MajorFaults),
            "final.vmas" => seed.Areas,
            "final.ptes" => seed.Entries,
            _ => metric.StartsWith("result.", StringComparison.Ordinal) ? Text(seed.Results.GetValueOrDefault(metric["result.".Length..])) : null,
        };
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private void Compare(Replayer replayer, Seed seed, int number, int operation)
    {
        Machine machine = replayer.Machine;
        int mm = machine.Tasks.Tasks[replayer.LastTask].Mm;
        seed.Operations++;
        seed.MinorFaults += replayer.LastMinorFaults;
        seed.MajorFaults += replayer.LastMajorFaults;
        seed.Results[replayer.LastOutcome] = seed.Results.GetValueOrDefault(replayer.LastOutcome) + 1;
        seed.Areas = Areas(machine, mm);
        seed.Entries = Entries(machine, mm);
        string file = _files.PathOf($"vmaops.seed{number}.txt");
        if (!seed.Lines.TryGetValue(operation, out (int Line, string State) recorded))
            throw new RecordingException(file, $"has no operation {operation}, which the workload has");
        string got = $"VMAS{(seed.Areas.Length > 0 ? " " : "")}{seed.Areas} ; PTES {seed.Entries}";
        _comparing(file);
        if (got == recorded.State)
            replayer.Log.Same();
        else
            replayer.Log.Differs(recorded.Line, $"operation {operation}", recorded.State, got);
        _comparing(_files.PathOf("workload.log"));
    }

    private Dictionary<int, (int Line, string State)> ReadLines(string file)
    {
        string[] lines = _files.Lines(file);
        var states = new Dictionary<int, (int Line, string State)>();
        for (int i = 0; i < lines.Length; i++)
        {
            int state = lines[i].IndexOf(" ; VMAS", StringComparison.Ordinal);
            int space = lines[i].IndexOf(' ', StringComparison.Ordinal);
            if (lines[i].StartsWith('#'))
                continue;
            if (state < 0 || space < 0 || !int.TryParse(lines[i].AsSpan(0, space), CultureInfo.InvariantCulture, out int operation) || !states.TryAdd(operation, (i + 1, lines[i][(state + 3)..])))
                throw new RecordingException(_files.PathOf(file), i + 1, 1, "expected \"K OPERATION -> RESULT ; VMAS … ; PTES …\"");
        }

        return states;
    }

    private static string Areas(Machine machine, int mm)
    {
        StringBuilder text = new();
        for (int vma = machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            if (area.Start < Base || area.Start >= Base + ArenaBytes)
                continue;
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? " " : "")}{(area.Start - Base) >> 12}+{area.Pages}:");
            text.Append(Has(in area, VmFlags.Read, "r", "-")).Append(Has(in area, VmFlags.Write, "w", "-"));
            text.Append(Has(in area, VmFlags.Exec, "x", "-")).Append(Has(in area, VmFlags.MayShare, "s", "p"));
            if (area.Inode != 0)
            {
                bool isMemfd = machine.Inodes.NameOf(area.Inode).StartsWith("/memfd", StringComparison.Ordinal);
                text.Append(CultureInfo.InvariantCulture, $":{(isMemfd ? 'f' : 'z')}{area.PgOff}");
            }

            text.Append(Has(in area, VmFlags.Locked, ":lo", "")).Append(Has(in area, VmFlags.DontCopy, ":dc", ""));
            text.Append(Has(in area, VmFlags.DontDump, ":dd", "")).Append(Has(in area, VmFlags.RandRead, ":rr", ""));
            text.Append(Has(in area, VmFlags.Account, ":ac", ""));
        }

        return text.ToString();
    }

    // As /proc/PID/pagemap tells it: none, file or shared, anonymous and mapped once, other anonymous.
    private static string Entries(Machine machine, int mm)
    {
        StringBuilder text = new();
        for (ulong address = Base; address < Base + ArenaBytes; address += 4096)
        {
            uint pfn = machine.FindFrame(mm, address);
            ref readonly PageFrame frame = ref machine.MemMap[pfn];
            bool isAnonymous = (frame.Flags & PageFlags.Anon) != 0;
            text.Append(pfn == 0 ? '.' : (frame.Flags & PageFlags.PageCache) != 0 ? 'f' : isAnonymous && frame.MapCount == 1 ? 'x' : 's');
        }

        return text.ToString();
    }

    private static string Has(in VmArea area, VmFlags flag, string yes, string no) => (area.Flags & flag) != 0 ? yes : no;

    private sealed class Seed(Dictionary<int, (int Line, string State)> lines)
    {
        public Dictionary<int, (int Line, string State)> Lines { get; } = lines;

        public SortedDictionary<string, long> Results { get; } = new(StringComparer.Ordinal);

        public long Operations { get; set; }

        public long MinorFaults { get; set; }

        public long MajorFaults { get; set; }

        public string Areas { get; set; } = "";

        public string Entries { get; set; } = "";
    }
}
