using System.Text.Json;
using System.Text.RegularExpressions;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Cli.Tests;

/// <summary><c>pagewise run -o FILE.db</c>, <c>--ftrace</c>, <c>export</c> and <c>compare</c>: a program whose working set does not fit.</summary>
public sealed partial class RunFileCommandTests : IDisposable
{
    private const string Recording = """
        100 execve("/bin/app", ["app"], 0x7ffe00000000 /* 0 vars */) = 0
        100 mmap(NULL, 50331648, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
        100 touch(0x7f0000000000, 50331648, W) = 0
        100 touch(0x7f0000000000, 50331648, W) = 0
        100 exit_group(0) = ?
        """;

    // strace writes what is no printable ASCII as escapes.
    private const string Hostile = """
        100 execve("/bin/a'\"<\/script>\n\33[31m,b", ["a"], 0x7ffe00000000 /* 0 vars */) = 0
        100 openat(AT_FDCWD, "/tmp/x'\"<\/script>\n\33[31m,y", O_RDWR) = 3</tmp/x'"<\/script>\n\33[31m,y>
        100 mmap(NULL, 65536, PROT_READ|PROT_WRITE, MAP_PRIVATE, 3</tmp/x'"<\/script>\n\33[31m,y>, 0) = 0x7f0000000000
        100 touch(0x7f0000000000, 65536, W) = 0
        100 exit_group(0) = ?
        """;

    private static readonly string[] SmallMachine = ["--set", "memory=48M", "--set", "swap=256M", "--set", "cpus=1"];

    private readonly string _folder = Directory.CreateTempSubdirectory("pagewise-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AKeptRunHoldsWhatTheReportSays()
    {
        using var recording = new TemporaryFile(Recording);
        CommandRun printed = CommandRun.Of(["run", recording.Path, "--json", .. SmallMachine]);
        CommandRun kept = CommandRun.Of(["run", recording.Path, "--json", "-o", Place("a.db"), .. SmallMachine]);
        kept.Status.ShouldBe(0, kept.Error);
        kept.Output.ShouldBe(printed.Output);
        RunFile run = RunFileReader.Read(Place("a.db"));
        run.Documents["report"].ShouldBe(printed.Output);
        JsonElement report = JsonDocument.Parse(printed.Output).RootElement;
        RunSample last = run.Samples[^1];
        run.FaultSites.Sum(site => site.Count).ShouldBe(long.Parse(run.Meta["faults"]));
        // pgfault counts those that the kernel takes on a program's behalf too: execve writes the arguments onto the stack.
        run.FaultSites.Sum(site => site.Count).ShouldBeInRange(last.Memory.Faults - 4, last.Memory.Faults);
        run.Faults.Count.ShouldBe((int)run.FaultSites.Sum(site => site.Count));
        run.Processes.ShouldHaveSingleItem().Name.ShouldBe(report.GetProperty("processes")[0].GetProperty("comm").GetString());
        run.Meta["accesses"].ShouldBe(report.GetProperty("recording").GetProperty("accesses").ToString());
        run.Heat.Sum(heat => heat.Accesses).ShouldBeInRange(24576 / 2, 24576 * 2);
        run.MissRatios[^1].Misses.ShouldBeInRange(12288 * 9 / 10, 12288 * 11 / 10);
        run.Snapshots[^1].Reason.ShouldBe("end");
        run.Documents["sysctl"].ShouldContain("vm.overcommit_memory = 0");
        foreach (string counter in (string[])["pgfault", "pswpout", "pgsteal_kswapd"])
            last.Vmstat.Single(one => one.Name == counter).Value.ShouldBeGreaterThan(0, counter);
    }

    [Fact]
    public void TheSameRunGivesTheSameFile()
    {
        using var recording = new TemporaryFile(Recording);
        CommandRun.Of(["run", recording.Path, "-o", Place("a.db"), .. SmallMachine]).Status.ShouldBe(0);
        CommandRun.Of(["run", recording.Path, "-o", Place("b.db"), .. SmallMachine]).Status.ShouldBe(0);
        File.ReadAllBytes(Place("a.db")).ShouldBe(File.ReadAllBytes(Place("b.db")));
        CommandRun.Of("compare", Place("a.db"), Place("b.db")).Output.ShouldContain("no figure differs");
    }

    [Fact]
    public void AHeapRecordingIsKeptToo()
    {
        string recording = Directory.GetFiles(Path.Combine(Checkout.Root, "tests/Pagewise.Cli.Tests/data"), "*heap*").Order(StringComparer.Ordinal).First();
        CommandRun run = CommandRun.Of("run", recording, "-o", Place("heap.db"));
        run.Status.ShouldBe(0, run.Error);
        RunFile kept = RunFileReader.Read(Place("heap.db"));
        kept.Heat.Sum(heat => heat.Accesses).ShouldBeGreaterThan(0);
        kept.Snapshots.ShouldNotBeEmpty();
    }

    /// <summary>The counts that the trace gives are those that the mechanisms moved.</summary>
    [Fact]
    public void TracepointsAddUpToVmstat()
    {
        (RunFile run, string[] lines) = Traced();
        long Vmstat(string name) => run.Samples[^1].Vmstat.SingleOrDefault(counter => counter.Name == name)?.Value ?? 0;
        long Count(string name) => lines.Count(line => line.Contains($": {name}: ", StringComparison.Ordinal));
        long Sum(string name, string field, string must = "") => lines
            .Where(line => line.Contains($": {name}: ", StringComparison.Ordinal) && line.Contains(must, StringComparison.Ordinal))
            .Sum(line => long.Parse(Regex.Match(line, $" {field}=(\\d+)", RegexOptions.NonBacktracking).Groups[1].Value));
        lines[0].ShouldBe("# tracer: nop");
        lines[2].ShouldBe($"# entries-in-buffer/entries-written: {lines.Length - 12}/{lines.Length - 12}   #P:1");
        lines[12..].ShouldAllBe(line => TraceLine().IsMatch(line));
        Count("mm_vmscan_kswapd_wake").ShouldBe(Vmstat("pageoutrun"));
        Count("mm_vmscan_write_folio").ShouldBe(Vmstat("nr_vmscan_write"));
        Count("mm_vmscan_direct_reclaim_begin").ShouldBe(Vmstat("allocstall_movable") + Vmstat("allocstall_normal"));
        Count("mm_vmscan_direct_reclaim_end").ShouldBe(Count("mm_vmscan_direct_reclaim_begin"));
        Sum("mm_vmscan_lru_isolate", "nr_scanned", "lru=inactive").ShouldBe(Vmstat("pgscan_kswapd") + Vmstat("pgscan_direct"));
        Sum("mm_vmscan_lru_isolate", "nr_scanned", "lru=active").ShouldBe(Vmstat("pgrefill"));
        Sum("mm_vmscan_lru_shrink_inactive", "nr_reclaimed").ShouldBe(Vmstat("pgsteal_kswapd") + Vmstat("pgsteal_direct"));
        Sum("mm_vmscan_lru_shrink_active", "nr_deactivated").ShouldBe(Vmstat("pgdeactivate"));
        Sum("mm_vmscan_direct_reclaim_end", "nr_reclaimed").ShouldBe(Vmstat("pgsteal_direct"));
        lines.Where(line => line.Contains("kswapd0-4194304", StringComparison.Ordinal)).ShouldNotBeEmpty();
    }

    /// <summary>Pages on their way to lists and to their device, in the words of 6.1's trace file.</summary>
    [Fact]
    public void WritersAreTraced()
    {
        using var recording = new TemporaryFile("""
            100 openat(AT_FDCWD, "/tmp/file", O_RDWR|O_CREAT, 0600) = 3</tmp/file>
            100 write(3</tmp/file>, ""..., 8388608) = 8388608
            100 pwrite64(3</tmp/file>, ""..., 8388608, 8388608) = 8388608
            100 pread64(3</tmp/file>, ""..., 4096, 0) = 4096
            100 pread64(3</tmp/file>, ""..., 4096, 0) = 4096
            100 pread64(3</tmp/file>, ""..., 4096, 0) = 4096
            100 nanosleep({tv_sec=60, tv_nsec=0}, NULL) = 0
            100 exit_group(0) = ?

            """);
        CommandRun run = CommandRun.Of(["run", recording.Path, "--ftrace", Place("trace"), "-o", Place("writes.db"), "--set", "memory=64M", "--set", "cpus=1", "--set", "sysctl.vm.dirty_bytes=4194304", "--set", "sysctl.vm.dirty_background_bytes=2097152"]);
        run.Status.ShouldBe(0, run.Error);
        string[] lines = File.ReadAllLines(Place("trace"));
        long written = RunFileReader.Read(Place("writes.db")).Samples[^1].Vmstat.Single(counter => counter.Name == "nr_written").Value;
        string[] single = Of("writeback_single_inode");
        single.ShouldAllBe(line => Regex.IsMatch(line, "^bdi 8:0: ino=\\d+ state=(I_DIRTY_PAGES\\|)?I_SYNC dirtied_when=\\d+ age=\\d+ index=\\d+ to_write=\\d+ wrote=\\d+ cgroup_ino=1$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture));
        single.Sum(line => long.Parse(Regex.Match(line, " wrote=(?<wrote>\\d+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture).Groups["wrote"].Value)).ShouldBe(written);
        Of("writeback_single_inode_start").Length.ShouldBe(single.Length);
        written.ShouldBeGreaterThanOrEqualTo(4096);
        string[] balance = Of("balance_dirty_pages");
        balance.ShouldNotBeEmpty();
        balance.ShouldAllBe(line => Regex.IsMatch(line, "^bdi 8:0: limit=1024 setpoint=896 dirty=\\d+ bdi_setpoint=896 bdi_dirty=\\d+ dirty_ratelimit=102400 task_ratelimit=\\d+ dirtied=\\d+ dirtied_pause=\\d+ paused=\\d+ pause=-?\\d+ period=\\d+ think=\\d+ cgroup_ino=1$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture));
        Of("mm_lru_insertion").Count(line => Regex.IsMatch(line, "^folio=[0-9a-f]{16} pfn=0x[0-9a-f]+ lru=2 flags= f    $", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)).ShouldBeGreaterThan(3000);
        Of("mm_lru_activate").ShouldAllBe(line => Regex.IsMatch(line, "^folio=[0-9a-f]{16} pfn=0x[0-9a-f]+$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture));

        string[] Of(string name) => [.. lines.Where(line => line.Contains($": {name}: ", StringComparison.Ordinal)).Select(line => line[(line.IndexOf($": {name}: ", StringComparison.Ordinal) + name.Length + 4)..])];
    }

    /// <summary>
    /// The kernel's own script reads the trace. That of Linux 6.1 knows the formats of older kernels for some tracepoints, and
    /// says so about a trace of a real 6.1 as well; what it counts of the others is compared.
    /// </summary>
    [Fact]
    public void TheKernelsScriptCountsTheSame()
    {
        string? script = ((string?[])[Environment.GetEnvironmentVariable("PAGEWISE_VMSCAN_POSTPROCESS"), "/usr/src/linux-source-6.1/Documentation/trace/postprocess/trace-vmscan-postprocess.pl"]).FirstOrDefault(File.Exists);
        Assert.SkipUnless(script is not null && ReaderProgram.Find("perl") is not null, "no trace-vmscan-postprocess.pl here (Linux's Documentation/trace/postprocess; .ci/run fetches it from Debian's linux-doc)");
        (RunFile run, _) = Traced();
        long Vmstat(string name) => run.Samples[^1].Vmstat.SingleOrDefault(counter => counter.Name == name)?.Value ?? 0;
        string said = ReaderProgram.Output("/bin/sh", "-c", $"perl '{script}' < '{Place("trace")}' 2>/dev/null");
        long Figure(string name) => long.Parse(Regex.Match(said, $"^{name}:\\s+(\\d+)", RegexOptions.Multiline | RegexOptions.NonBacktracking).Groups[1].Value);
        Figure("Direct reclaims").ShouldBe(Vmstat("allocstall_movable") + Vmstat("allocstall_normal"));
        Figure("Direct reclaim pages reclaimed").ShouldBe(Vmstat("pgsteal_direct"));
        Figure("Kswapd pages reclaimed").ShouldBe(Vmstat("pgsteal_kswapd"));
        Figure("Wake kswapd requests").ShouldBeGreaterThan(0);
        said.ShouldContain("kswapd0-4194304");
    }

    [Fact]
    public void ARunThatIsNoneIsRefusedInOneLine()
    {
        using var text = new TemporaryFile("no run file");
        CommandRun.Of("export", text.Path, "--to", "csv", "-o", Place("out")).ShouldHaveFailedWith("is no run file");
        CommandRun.Of("compare", text.Path, text.Path).ShouldHaveFailedWith("is no run file");
        CommandRun.Of("export", text.Path, "--to", "word", "-o", Place("out")).ShouldHaveFailedWith("--to word: expected one of perfetto|chrome-json|csv");
        using var recording = new TemporaryFile(Recording);
        CommandRun.Of("run", recording.Path, "-o", "/nowhere/at/all/run.db").ShouldHaveFailedWith("/nowhere/at/all/run.db: cannot be written");
        CommandRun.Of("run", recording.Path, "--ftrace", "/nowhere/at/all/trace").ShouldHaveFailedWith("/nowhere/at/all");
    }

    [Fact]
    public void HostileNamesHarmNoFormat()
    {
        using var recording = new TemporaryFile(Hostile);
        CommandRun run = CommandRun.Of("run", recording.Path, "-o", Place("h.db"), "--ftrace", Place("trace"));
        run.Status.ShouldBe(0, run.Error);
        RunFile kept = RunFileReader.Read(Place("h.db"));
        kept.FaultSites.ShouldContain(site => site.VmaName.Contains("</script>", StringComparison.Ordinal) || site.VmaName.Contains("script", StringComparison.Ordinal));
        foreach (string format in (string[])["perfetto", "chrome-json", "csv", "ftrace", "proc", "openmetrics", "heaptrack", "massif", "dmesg"])
        {
            CommandRun export = CommandRun.Of("export", Place("h.db"), "--to", format, "-o", Place(format));
            export.Status.ShouldBe(0, format + ": " + export.Error);
        }

        File.ReadAllText(Place("chrome-json/trace.json")).ShouldNotContain("</script>");
        foreach (string file in (string[])["heaptrack/heaptrack.txt", "massif/massif.out", "ftrace/trace", "openmetrics/metrics.txt", "trace"])
            File.ReadAllText(Place(file)).ShouldNotContain("\u001b", Case.Sensitive, file);
        CommandRun.Of("compare", Place("h.db"), Place("h.db")).Output.ShouldNotContain("\u001b");
    }

    [Fact]
    public void ComparisonTellsWhatDiffersAndWhatCameOfIt()
    {
        using var recording = new TemporaryFile(Recording);
        CommandRun.Of(["run", recording.Path, "-o", Place("a.db"), .. SmallMachine]).Status.ShouldBe(0);
        CommandRun.Of("run", recording.Path, "-o", Place("b.db"), "--set", "memory=128M", "--set", "swap=256M", "--set", "cpus=1").Status.ShouldBe(0);
        JsonElement compared = JsonDocument.Parse(CommandRun.Of("compare", Place("a.db"), Place("b.db"), "--json").Output).RootElement;
        compared.GetProperty("facts").EnumerateArray().ShouldContain(fact => fact.GetProperty("name").GetString() == "settings");
        JsonElement swapped = compared.GetProperty("differences").EnumerateArray().Single(figure => figure.GetProperty("name").GetString() == "vmstat pswpout");
        swapped.GetProperty("a").GetInt64().ShouldBeGreaterThan(0);
        (swapped.GetProperty("b").ValueKind == JsonValueKind.Null || swapped.GetProperty("b").GetInt64() == 0).ShouldBeTrue();
        string text = CommandRun.Of("compare", Place("a.db"), Place("b.db")).Output;
        text.ShouldContain("what differs");
        text.ShouldContain("virtual time");
    }

    private (RunFile Run, string[] Lines) Traced()
    {
        using var recording = new TemporaryFile(Recording);
        CommandRun run = CommandRun.Of(["run", recording.Path, "-o", Place("a.db"), "--ftrace", Place("trace"), .. SmallMachine]);
        run.Status.ShouldBe(0, run.Error);
        return (RunFileReader.Read(Place("a.db")), File.ReadAllLines(Place("trace")));
    }

    private string Place(string name) => Path.Combine(_folder, name);

    [GeneratedRegex(@"^ *.{1,16}-\d+ +\[\d{3}\] [.]{5} +\d+\.\d{6}: [a-z_]+: .+$", RegexOptions.NonBacktracking)]
    private static partial Regex TraceLine();
}
