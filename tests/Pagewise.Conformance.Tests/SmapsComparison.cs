using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Procfs;
using Pagewise.Replay;

namespace Pagewise.Conformance.Tests;

/// <summary>Holds the comments "# smaps PROCESS LINE" of a recording against the model's smaps and smaps_rollup of that process.</summary>
internal sealed class SmapsComparison : IReplayObserver
{
    private const string Mark = "# smaps ";

    /// <summary>Every process of the host maps the vdso's pages, and the model knows only its own.</summary>
    private static readonly string[] DependOnOthers = ["Pss", "Pss_File", "Shared_Clean", "Private_Clean"];

    /// <summary>
    /// fork makes a child's entries old, and then the folio's own mark tells. The model keeps that mark by page, so where
    /// processes fork large folios would differ: not compared there.
    /// </summary>
    private const string Referenced = "Referenced:";

    private readonly Queue<string> _expected = new();
    private readonly HashSet<string> _vdsoAreas = new(StringComparer.Ordinal);
    private int _process = -1;
    private string _area = "";

    public long Lines { get; private set; }

    public List<string> Differences { get; } = [];

    public void SpaceEnding(Replayer replayer, ReplayTask task)
    {
    }

    public void BatchDone(Replayer replayer)
    {
    }

    public void Noted(Replayer replayer, string text)
    {
        if (!text.StartsWith(Mark, StringComparison.Ordinal))
            return;
        string[] parts = text[Mark.Length..].Split(' ', 2);
        int process = int.Parse(parts[0], CultureInfo.InvariantCulture);
        if (process != _process)
            Begin(replayer.Machine, process);
        string got = _expected.Count > 0 ? _expected.Dequeue() : "(nothing)";
        string live = parts[1];
        if (!char.IsAsciiLetterUpper(live[0]))
            _area = live;
        Lines++;
        if (got != live && !(replayer.Machine.Tasks.Tasks.Count > 1 && live.StartsWith(Referenced, StringComparison.Ordinal)) && !(_vdsoAreas.Contains(_area) && DependOnOthers.Contains(live.Split(':')[0])))
            Differences.Add($"  process {process}, {_area}: live '{live}', model '{got}'");
    }

    private void Begin(Machine machine, int process)
    {
        _process = process;
        int mm = machine.Tasks.Tasks[process == 0 ? 1 : machine.Tasks.Find(process)].Mm;
        machine.Lru.DrainAll();
        var smaps = Smaps.Of(machine, mm);
        var rollup = SmapsRollup.Of(machine, mm);
        _vdsoAreas.Clear();
        foreach (SmapsArea area in smaps.Areas.Where(area => area.Line.Name == "[vdso]" && area["Rss"] > 0))
            _vdsoAreas.UnionWith([AddressesOf(area.Line), AddressesOf(rollup.Area!.Line)]);
        string all = smaps.ToString() + rollup;
        foreach (string line in all.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _expected.Enqueue(char.IsAsciiLetterUpper(line[0]) ? line : line.Split(' ')[0]);
    }

    private static string AddressesOf(MapsLine line) => line.ToString().Split(' ')[0];
}
