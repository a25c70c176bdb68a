using System.Globalization;
using System.Text.Json;
using Pagewise.Procfs;

namespace Pagewise.Cli.Tests;

/// <summary>
/// What other people's programs read from the tree of <c>run --proc</c>, which they take for a real /proc: psutil, smem
/// and node_exporter as Debian has them (python3-psutil, smem, prometheus-node-exporter), without a change.
/// </summary>
public sealed class ProcReadersTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("pagewise-proc-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Proc => Path.Combine(_root, "proc");

    [Fact]
    public void PsutilReadsTheTree()
    {
        string? python = ReaderProgram.PythonWith("psutil");
        Assert.SkipUnless(python is not null, "no python3 here has psutil (Debian: python3-psutil)");
        WriteTree();
        using var read = JsonDocument.Parse(ReaderProgram.Output(python!, Path.Combine(Checkout.Root, "tests/Pagewise.Cli.Tests/readers/psutil_tree.py"), Proc));
        var memory = Meminfo.Parse(Text("meminfo"));
        JsonElement system = read.RootElement.GetProperty("virtual_memory");
        foreach ((string name, string field) in new[]
                 { ("total", "MemTotal"), ("free", "MemFree"), ("available", "MemAvailable"), ("shared", "Shmem"), ("active", "Active"), ("inactive", "Inactive"), ("slab", "Slab") })
            system.GetProperty(name).GetInt64().ShouldBe(memory[field]!.Value * 1024, name);
        read.RootElement.GetProperty("swap_memory").GetProperty("total").GetInt64().ShouldBe(64 << 20);
        read.RootElement.GetProperty("cpus").GetInt32().ShouldBe(3);
        read.RootElement.GetProperty("pids").EnumerateArray().Select(pid => pid.GetInt32()).ShouldBe([100, 101], ignoreOrder: true);
        foreach (JsonProperty process in read.RootElement.GetProperty("processes").EnumerateObject())
            ShouldBeProcess(process.Value, process.Name);
    }

    [Fact]
    public void SmemReadsTheTree()
    {
        Assert.SkipUnless(ReaderProgram.Find("smem") is not null, "there is no smem on PATH (Debian: smem)");
        WriteTree();
        string table = ReaderProgram.Output(ReaderProgram.Find("smem")!, "--source", _root, "--no-header", "--columns", "pid swap uss pss rss vss command");
        string[][] rows = [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        rows.Select(row => row[0]).ShouldBe(["100", "101"], ignoreOrder: true);
        foreach (string[] row in rows)
        {
            IReadOnlyList<SmapsArea> areas = Smaps.Parse(Text(row[0] + "/smaps")).Areas;
            row[1..].ShouldBe([Sum(areas, "Swap"), Sum(areas, "Private_Clean", "Private_Dirty"), Sum(areas, "Pss"), Sum(areas, "Rss"), Sum(areas, "Size"), "first"], row[0]);
        }

        // Shared since the fork: less than what is resident, more than what is one's own.
        rows.ShouldAllBe(row => int.Parse(row[2], CultureInfo.InvariantCulture) < int.Parse(row[3], CultureInfo.InvariantCulture));
        ReaderProgram.Output(ReaderProgram.Find("smem")!, "--source", _root, "--system").ShouldContain("userspace memory");
    }

    [Fact]
    public async Task NodeExporterReadsTheTree()
    {
        Assert.SkipUnless(ReaderProgram.Find("prometheus-node-exporter") is not null, "there is no prometheus-node-exporter on PATH (Debian: prometheus-node-exporter)");
        WriteTree();
        string[] collectors = ["meminfo", "vmstat", "zoneinfo", "buddyinfo", "processes", "slabinfo", "stat"];
        using var exporter = NodeExporter.Start(Proc, collectors);
        IReadOnlyDictionary<string, double> metrics = await exporter.ReadAsync(TestContext.Current.CancellationToken);
        foreach (string collector in collectors)
            metrics[$"node_scrape_collector_success{{collector=\"{collector}\"}}"].ShouldBe(1, collector);
        foreach (ProcfsCounter field in Meminfo.Parse(Text("meminfo")).Fields)
        {
            bool isCount = field.Name.StartsWith("HugePages_", StringComparison.Ordinal);
            string name = field.Name.Replace('(', '_').Replace(")", "", StringComparison.Ordinal);
            metrics[$"node_memory_{name}{(isCount ? "" : "_bytes")}"].ShouldBe(isCount ? field.Value : field.Value * 1024.0, field.Name);
        }

        foreach (ProcfsCounter counter in Vmstat.Parse(Text("vmstat")).Counters)
            metrics["node_vmstat_" + counter.Name].ShouldBe(counter.Value, counter.Name);
        foreach (BuddyinfoZone zone in Buddyinfo.Parse(Text("buddyinfo")).Zones)
        {
            for (int order = 0; order < zone.FreeBlocks.Count; order++)
                metrics[$"node_buddyinfo_blocks{{node=\"{zone.Node}\",size=\"{order}\",zone=\"{zone.Name}\"}}"].ShouldBe(zone.FreeBlocks[order]);
        }

        foreach (ZoneinfoZone zone in Zoneinfo.Parse(Text("zoneinfo")).Zones)
        {
            string of = $"{{node=\"{zone.Node}\",zone=\"{zone.Name}\"}}";
            metrics["node_zoneinfo_min_pages" + of].ShouldBe(zone.Min);
            metrics["node_zoneinfo_low_pages" + of].ShouldBe(zone.Low);
            metrics["node_zoneinfo_high_pages" + of].ShouldBe(zone.High);
            metrics["node_zoneinfo_managed_pages" + of].ShouldBe(zone.Managed);
        }

        foreach (SlabinfoCache cache in Slabinfo.Parse(Text("slabinfo")).Caches)
            metrics[$"node_slabinfo_objects{{slab=\"{cache.Name}\"}}"].ShouldBe(cache.Objects, cache.Name);
        metrics["node_processes_pids"].ShouldBe(2);
        metrics["node_processes_threads"].ShouldBe(2);
        metrics["node_forks_total"].ShouldBe(2);
    }

    [Fact]
    public void AMachineCanBeCapturedFromTheTree()
    {
        WriteTree();
        CommandRun run = CommandRun.Of("machine", "capture", "--proc", Proc);
        run.Status.ShouldBe(0, run.Error);
        run.Output.ShouldContain("vm.max_map_count: 65530");
        run.Output.ShouldContain("swap: 65536 KiB");
    }

    [Fact]
    public void AnOldTreeOfOtherProcessesIsNotMixedWithTheNewOne()
    {
        Directory.CreateDirectory(Path.Combine(Proc, "7"));
        using var recording = new TemporaryFile(Recording());
        CommandRun.Of("run", recording.Path, "--proc", Proc).ShouldHaveFailedWith("it has process 7, which is of another tree");
    }

    private static string Recording()
    {
        // Parent and child, each as it is before the child's end.
        string text = File.ReadAllText(Checkout.Example("student.touch.log"));
        return text[..text.IndexOf("101 exit_group", StringComparison.Ordinal)];
    }

    private void WriteTree()
    {
        using var recording = new TemporaryFile(Recording());
        CommandRun run = CommandRun.Of("run", recording.Path, "--proc", Proc, "--set", "memory=256M", "--set", "swap=64M", "--set", "cpus=3");
        run.Status.ShouldBe(0, run.Error);
    }

    private string Text(string file) => File.ReadAllText(Path.Combine(Proc, file));

    private void ShouldBeProcess(JsonElement read, string pid)
    {
        read.GetProperty("name").GetString().ShouldBe("first");
        read.GetProperty("cmdline").EnumerateArray().Select(word => word.GetString()).ShouldBe(["first"]);
        read.GetProperty("exe").GetString().ShouldBe("/home/student/first");
        read.GetProperty("ppid").GetInt32().ShouldBe(pid == "101" ? 100 : 0);
        read.GetProperty("status").GetString().ShouldBe("running");
        read.GetProperty("num_threads").GetInt32().ShouldBe(1);
        read.GetProperty("threads").EnumerateArray().ShouldHaveSingleItem().GetInt32().ShouldBe(int.Parse(pid, CultureInfo.InvariantCulture));
        JsonElement memory = read.GetProperty("memory");
        var statm = Statm.Parse(Text(pid + "/statm"));
        SmapsArea rollup = SmapsRollup.Parse(Text(pid + "/smaps_rollup")).Area!;
        memory.GetProperty("vms").GetUInt64().ShouldBe(statm.Size << 12);
        memory.GetProperty("rss").GetUInt64().ShouldBe(statm.Resident << 12);
        memory.GetProperty("rss").GetUInt64().ShouldBe(StatusFile.Parse(Text(pid + "/status")).Vm.VmRss << 10);
        memory.GetProperty("pss").GetInt64().ShouldBe(rollup["Pss"]!.Value * 1024);
        memory.GetProperty("uss").GetInt64().ShouldBe((rollup["Private_Clean"] + rollup["Private_Dirty"])!.Value * 1024);
        IReadOnlyList<SmapsArea> areas = Smaps.Parse(Text(pid + "/smaps")).Areas;
        JsonElement[] maps = [.. read.GetProperty("maps").EnumerateArray()];
        maps.Length.ShouldBe(areas.Count);
        for (int i = 0; i < maps.Length; i++)
        {
            maps[i].GetProperty("addr").GetString().ShouldBe(areas[i].Line.ToString().Split(' ')[0]);
            maps[i].GetProperty("rss").GetInt64().ShouldBe(areas[i]["Rss"]!.Value * 1024);
            maps[i].GetProperty("pss").GetInt64().ShouldBe(areas[i]["Pss"]!.Value * 1024);
        }
    }

    private static string Sum(IReadOnlyList<SmapsArea> areas, params string[] fields) =>
        areas.Sum(area => fields.Sum(field => area[field]!.Value)).ToString(CultureInfo.InvariantCulture);
}
