using System.Globalization;
using Pagewise.Abi;
using Pagewise.Procfs;

namespace Pagewise.Replay.Experiments;

/// <summary>The metrics of expect.tsv, read off a replayed experiment.</summary>
/// <param name="run">The replay.</param>
/// <param name="recordedBefore">/proc/vmstat at <c>before</c>, for absolute values.</param>
internal sealed class ExperimentMetrics(ExperimentRun run, Vmstat? recordedBefore)
{
    private const int Quarters = 4;
    private const string Step = ".step";
    private const string Absolute = "_end";

    /// <summary>A metric's value in the model; null when the model has no such thing.</summary>
    public string? Value(Expectation expectation)
    {
        if (expectation.Metric == "kswapd_share" && Number(expectation.At, "pgsteal_total") is > 0 and var total)
            return ((double)Number(expectation.At, "pgsteal_kswapd")! / total).ToString("0.####", CultureInfo.InvariantCulture);
        if (expectation.Metric.StartsWith("cgroup.", StringComparison.Ordinal))
            return run.IndexOf(expectation.At) is >= 0 and var at ? run.Snapshots[at].Cgroups.GetValueOrDefault(expectation.Metric) : null;
        long? value = Number(expectation.At, expectation.Metric);
        return value?.ToString(CultureInfo.InvariantCulture);
    }

    private long? Number(string at, string metric)
    {
        if (metric.StartsWith("child.faults.", StringComparison.Ordinal))
            return ChildFaults(metric["child.faults.".Length..]);
        if (metric == "accesses")
            return run.Window.Count;
        if (metric == "mincore.resident")
            return run.LastResident;
        if (Quarter(at) is { } quarter)
            return metric.StartsWith("faults.", StringComparison.Ordinal) ? Faults(metric, run.Window.Where(touch => QuarterOf(touch.Address) == quarter)) : null;
        if (at == "end" && metric.StartsWith("faults.", StringComparison.Ordinal))
            return Faults(metric, run.Window);
        int index = at == "end" ? (run.Snapshots is [.., { AreaStates.Count: > 0 }] ? run.Snapshots.Count - 1 : run.IndexOfLastLook) : run.IndexOf(at);
        if (index < 0)
            return null;
        ExperimentSnapshot snapshot = run.Snapshots[index];
        if (metric.StartsWith("pages.", StringComparison.Ordinal))
            return Pages(snapshot, metric["pages.".Length..]);
        if (metric == "kswapd_share")
            return null;
        if (metric == "first_page_on_node1")
            return IndexOfNode(snapshot, 1);
        if (metric.StartsWith("kept.q", StringComparison.Ordinal))
            return int.TryParse(metric.AsSpan("kept.q".Length), CultureInfo.InvariantCulture, out int part) && (uint)part < (uint)snapshot.Kept.Count ? snapshot.Kept[part] : null;
        if (metric.StartsWith("faults.", StringComparison.Ordinal))
            return Faults(metric, run.Window.Take(snapshot.Touches).Skip(index == 0 ? 0 : run.Snapshots[index - 1].Touches));
        if (metric == "free_plus_pcp")
            return snapshot.FreePlusPcp - run.Snapshots[0].FreePlusPcp;
        if (metric == "free_pages")
            return snapshot.Counters["nr_free_pages"];
        return metric switch
        {
            // Without the pages of the inode table.
            "data_dirty_end" => snapshot.Counters["nr_dirty"] - snapshot.TableDirty,
            "data_dirtied.step" => Counter("nr_dirtied.step", index) - (snapshot.TableDirtied - Before(index).TableDirtied),
            "data_written.step" => Counter("nr_written.step", index) - (snapshot.TableWritten - Before(index).TableWritten),
            _ => Counter(metric, index),
        };
    }

    private ExperimentSnapshot Before(int index) => run.Snapshots[Math.Max(0, index - 1)];

    /// <summary>A name of /proc/vmstat: what it grew since <c>before</c>, since the snapshot before, or its absolute value.</summary>
    private long? Counter(string metric, int index)
    {
        ExperimentSnapshot snapshot = run.Snapshots[index];
        if (metric.EndsWith(Step, StringComparison.Ordinal))
            return Grown(metric[..^Step.Length], run.Snapshots[Math.Max(0, index - 1)], snapshot);
        if (!metric.EndsWith(Absolute, StringComparison.Ordinal))
            return Grown(metric, run.Snapshots[0], snapshot);
        string name = metric[..^Absolute.Length];
        return recordedBefore?[name] + Grown(name, run.Snapshots[0], snapshot);
    }

    private static long? Grown(string name, ExperimentSnapshot from, ExperimentSnapshot to) => name switch
    {
        "pgscan_total" => Grown("pgscan_kswapd", from, to) + Grown("pgscan_direct", from, to),
        "pgsteal_total" => Grown("pgsteal_kswapd", from, to) + Grown("pgsteal_direct", from, to),
        "allocstall_total" => AllocStalls(to) - AllocStalls(from),
        _ => to.Counters[name] - from.Counters[name],
    };

    private static long? AllocStalls(ExperimentSnapshot snapshot) =>
        snapshot.Counters["allocstall_dma"] + snapshot.Counters["allocstall_dma32"] + snapshot.Counters["allocstall_normal"] + snapshot.Counters["allocstall_movable"];

    private static long? Faults(string metric, IEnumerable<ExperimentTouch> touches) => metric switch
    {
        "faults.minor" or "faults.minor.step" => touches.LongCount(touch => touch.Letter == 'm'),
        "faults.major" or "faults.major.step" => touches.LongCount(touch => touch.Letter == 'M'),
        "faults.none" or "faults.none.step" => touches.LongCount(touch => touch.Letter == '.'),
        "faults.multi" or "faults.multi.step" => touches.LongCount(touch => char.IsAsciiDigit(touch.Letter)),
        _ => null,
    };

    // The child reads the area and notes the result on its data page; then it writes to the page that it shares with its
    // parent, and goes on writing.
    private long? ChildFaults(string which)
    {
        List<ExperimentTouch> touches = [.. run.ByChildren];
        int writes = touches.FindLastIndex(touch => touch.Kind == AccessKind.Read) + 2;
        return which switch
        {
            "read_pass" => touches.Take(writes).Sum(touch => touch.Minor),
            "write_half" => touches.Skip(writes).Sum(touch => touch.Minor),
            "major" => touches.Sum(touch => touch.Major),
            _ => null,
        };
    }

    private static long? Pages(ExperimentSnapshot snapshot, string letters)
    {
        if (snapshot.States.Length == 0)
            return null;
        if (letters.StartsWith("node", StringComparison.Ordinal))
            return int.TryParse(letters.AsSpan("node".Length), CultureInfo.InvariantCulture, out int node) ? snapshot.Nodes.LongCount(one => one == node) : null;
        int area = letters.IndexOf('.', StringComparison.Ordinal);
        string[] wanted = (area < 0 ? letters : letters[..area]).Split('+');
        string states = area < 0 ? snapshot.States : snapshot.AreaStates.GetValueOrDefault(letters[(area + 1)..]) ?? snapshot.States;
        return states.LongCount(state => wanted.Contains(state.ToString(), StringComparer.Ordinal));
    }

    private static long? IndexOfNode(ExperimentSnapshot snapshot, int node)
    {
        for (int page = 0; page < snapshot.Nodes.Count; page++)
        {
            if (snapshot.Nodes[page] == node)
                return page;
        }

        return null;
    }

    private static int? Quarter(string at)
    {
        int q = at.StartsWith("read_q", StringComparison.Ordinal) ? "read_q".Length : at.StartsWith('q') ? 1 : -1;
        return q > 0 && at.Length == q + 1 && at[q] is >= '0' and < (char)('0' + Quarters) ? at[q] - '0' : null;
    }

    private int QuarterOf(ulong address) => (int)((address - run.AreaStart) >> 12) * Quarters / Math.Max(1, run.AreaPages);
}
