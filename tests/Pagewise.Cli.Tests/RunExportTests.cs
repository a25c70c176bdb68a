using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Cli.Tests;

/// <summary><c>pagewise export</c>: each format says what the run file says, and the tools it is for open it.</summary>
public sealed class RunExportTests : IDisposable
{
    private const string Recording = """
        100 execve("/bin/app", ["app"], 0x7ffe00000000 /* 0 vars */) = 0
        100 openat(AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY) = 3</proc/100/oom_score_adj>
        100 write(3</proc/100/oom_score_adj>, "300", 3) = 3
        100 mmap(NULL, 33554432, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
        100 touch(0x7f0000000000, 33554432, W) = 0
        100 touch(0x7f0000000000, 33554432, W) = 0
        100 mmap(NULL, 67108864, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x7e0000000000
        100 touch(0x7e0000000000, 67108864, W) = 0
        100 exit_group(0) = ?
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("pagewise-test-").FullName;
    private readonly RunFile _run;

    public RunExportTests()
    {
        using var recording = new TemporaryFile(Recording);
        CommandRun run = CommandRun.Of("run", recording.Path, "-o", Place("a.db"), "--set", "memory=48M", "--set", "swap=16M", "--set", "cpus=1");
        run.Status.ShouldBe(0, run.Error);
        _run = RunFileReader.Read(Place("a.db"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void CsvHasEachTablesRows()
    {
        Export("csv");
        File.ReadAllLines(Place("csv/sample.csv")).Length.ShouldBe(_run.Samples.Count + 1);
        File.ReadAllLines(Place("csv/score.csv"))[0].ShouldBe("kill_time_ns,pid,name,rss,swap,pgtables,adj,points");
        File.ReadAllText(Place("csv/kill.csv")).ShouldContain(",100,app,");
        Directory.GetFiles(Place("csv"), "snapshot-*.json").Length.ShouldBe(_run.Snapshots.Count);
        JsonDocument.Parse(File.ReadAllBytes(Place("csv/snapshot-1.json"))).RootElement.GetProperty("zones").GetArrayLength().ShouldBeGreaterThan(0);
    }

    /// <summary>The schema as published, where Perfetto's sources are at hand: protoc shows a field that it lacks by its number.</summary>
    [Fact]
    public void ThePublishedSchemaKnowsEveryFieldOfPerfettosFile()
    {
        string? sources = Environment.GetEnvironmentVariable("PAGEWISE_PERFETTO_SOURCES");
        Assert.SkipUnless(sources is not null && ReaderProgram.Find("protoc") is not null, "no protoc, or PAGEWISE_PERFETTO_SOURCES does not name a checkout of Perfetto");
        Export("perfetto");
        string trace = Place("perfetto/trace.perfetto-trace");
        string[] lines = ReaderProgram.Output("/bin/sh", "-c", $"protoc --decode=perfetto.protos.Trace -I '{sources}' protos/perfetto/trace/trace.proto < '{trace}'").Split('\n');
        lines.Where(line => Regex.IsMatch(line, "^ *[0-9]", RegexOptions.NonBacktracking)).ShouldBeEmpty();
        lines.Count(line => line == "packet {").ShouldBe(ProtoField.Read(File.ReadAllBytes(trace)).Count());
        foreach (string known in (string[])["unit: UNIT_SIZE_BYTES", "type: TYPE_SLICE_BEGIN", "type: TYPE_SLICE_END", "type: TYPE_INSTANT"])
            lines.ShouldContain(line => line.TrimStart() == known, known);
    }

    [Fact]
    public void PerfettoIsReadBackWithThePublishedFieldNumbers()
    {
        Export("perfetto");
        var tracks = new Dictionary<ulong, string>();
        long counters = 0, instants = 0, open = 0, slices = 0;
        foreach (ProtoField packet in ProtoField.Read(File.ReadAllBytes(Place("perfetto/trace.perfetto-trace"))))
        {
            packet.Number.ShouldBe(1);
            ProtoField[] fields = [.. ProtoField.Read(packet.Bytes)];
            fields.Single(field => field.Number == 10).Value.ShouldBe(1UL);
            if (fields.FirstOrDefault(field => field.Number == 60) is { } descriptor)
            {
                ProtoField[] track = [.. ProtoField.Read(descriptor.Bytes)];
                tracks.Add(track.Single(field => field.Number == 1).Value, track.Single(field => field.Number == 2).Text);
            }
            else if (fields.FirstOrDefault(field => field.Number == 11) is { } happened)
            {
                ProtoField[] one = [.. ProtoField.Read(happened.Bytes)];
                tracks.ShouldContainKey(one.Single(field => field.Number == 11).Value);
                fields.Single(field => field.Number == 8).Value.ShouldBeLessThanOrEqualTo((ulong)_run.Samples[^1].Memory.TimeNs + 1);
                switch (one.Single(field => field.Number == 9).Value)
                {
                    case 1:
                        open++;
                        slices++;
                        break;
                    case 2:
                        open--;
                        break;
                    case 3:
                        instants++;
                        break;
                    case 4:
                        counters += one.Count(field => field.Number == 30);
                        break;
                }
            }
        }

        tracks.Values.ShouldContain("free");
        tracks.Values.ShouldContain("kills");
        tracks.Values.ShouldContain("rss of app [100]");
        counters.ShouldBeGreaterThanOrEqualTo(13L * _run.Samples.Count);
        open.ShouldBe(0);
        slices.ShouldBeGreaterThan(0);
        instants.ShouldBe(_run.Kills.Count + (2 * _run.Processes.Count));
    }

    [Fact]
    public void ChromesTraceHasTheSameEvents()
    {
        Export("chrome-json");
        JsonElement[] events = [.. JsonDocument.Parse(File.ReadAllText(Place("chrome-json/trace.json"))).RootElement.GetProperty("traceEvents").EnumerateArray()];
        events.Count(one => one.GetProperty("ph").GetString() == "C" && one.GetProperty("name").GetString() == "free").ShouldBe(_run.Samples.Count);
        events.ShouldContain(one => one.GetProperty("ph").GetString() == "X" && one.GetProperty("name").GetString() == "direct reclaim");
        events.ShouldContain(one => one.GetProperty("ph").GetString() == "i" && one.GetProperty("name").GetString() == "killed app [100]");
    }

    [Fact]
    public void OpenMetricsHasNodeExportersNamesAndAnEnd()
    {
        Export("openmetrics");
        string[] lines = File.ReadAllLines(Place("openmetrics/metrics.txt"));
        lines[^1].ShouldBe("# EOF");
        lines.ShouldContain("# TYPE node_memory_MemFree_bytes gauge");
        lines.ShouldContain(line => line.StartsWith("node_memory_Active_anon_bytes ", StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("node_pressure_memory_waiting_seconds_total ", StringComparison.Ordinal));
        string vmstat = File.ReadLines(Path.Combine(Export("proc"), "vmstat")).Single(line => line.StartsWith("pgfault ", StringComparison.Ordinal));
        lines.ShouldContain("node_vmstat_" + vmstat);
        // A name is typed once and each sample is a number.
        lines.Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).ShouldBeUnique();
        foreach (string line in lines.Where(line => line[0] != '#'))
            double.Parse(line.Split(' ')[1], NumberStyles.Float, CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(0, line);
    }

    [Fact]
    public void TheProcTreeAndDmesgAreThoseOfTheRun()
    {
        Export("proc");
        File.ReadAllText(Place("proc/meminfo")).ShouldStartWith("MemTotal:");
        Export("dmesg");
        File.ReadAllText(Place("dmesg/dmesg.txt")).ShouldContain("Killed process 100 (app)");
        CommandRun.Of("oom", "--explain", Place("dmesg/dmesg.txt")).Output.ShouldContain("app");
    }

    [Fact]
    public void FtraceHasTheKeptEventsAndTheirFormats()
    {
        Export("ftrace");
        File.ReadAllLines(Place("ftrace/trace")).Length.ShouldBe(_run.TraceEvents.Count + 12);
        File.ReadAllText(Place("ftrace/trace")).ShouldContain(": mark_victim: pid=100 comm=app total-vm=");
        File.ReadAllText(Place("ftrace/trace")).ShouldContain(": oom_score_adj_update: pid=100 comm=app oom_score_adj=300");
        File.ReadAllText(Place("ftrace/events/vmscan/mm_vmscan_kswapd_wake/format")).ShouldContain("print fmt: \"nid=%d order=%d\"");
    }

    [Fact]
    public void HeaptrackPrintOpensTheFaults()
    {
        Export("heaptrack");
        Assert.SkipUnless(ReaderProgram.Find("heaptrack_print") is not null, "there is no heaptrack_print on PATH (Debian: heaptrack)");
        string said = ReaderProgram.Output("/bin/sh", "-c", $"heaptrack_print '{Place("heaptrack/heaptrack.txt")}' 2>/dev/null");
        said.ShouldContain("app [100]");
        said.ShouldContain("(anonymous)");
        long pages = _run.Faults.Sum(fault => (long)fault.Pages);
        said.ShouldContain("total memory leaked: " + (pages * 4096 / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + "M");
    }

    [Fact]
    public void MsPrintOpensResidentMemory()
    {
        Export("massif");
        Assert.SkipUnless(ReaderProgram.Find("ms_print") is not null, "there is no ms_print on PATH (Debian: valgrind)");
        string said = ReaderProgram.Output(ReaderProgram.Find("ms_print")!, Place("massif/massif.out"));
        said.ShouldContain($"Number of snapshots: {_run.Snapshots.Count}");
        said.ShouldContain("(peak)");
        said.ShouldContain("anonymous memory");
    }

    private string Export(string format)
    {
        CommandRun export = CommandRun.Of("export", Place("a.db"), "--to", format, "-o", Place(format));
        export.Status.ShouldBe(0, export.Error);
        return Place(format);
    }

    private string Place(string name) => Path.Combine(_folder, name);
}
