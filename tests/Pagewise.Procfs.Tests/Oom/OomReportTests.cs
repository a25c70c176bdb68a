using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.Oom;
using Pagewise.Procfs.Oom;
using Pagewise.Workloads.Tests;

namespace Pagewise.Procfs.Tests.Oom;

public class OomReportTests
{
    public static TheoryData<string> Experiments => [.. Oracle.Files("guest", "oom_reports.tsv").Select(file => Path.GetDirectoryName(file)!)];

    [Theory]
    [MemberData(nameof(Experiments))]
    public void RecordedReportsAreReadWithoutLoss(string experiment)
    {
        OomReport[] reports = [.. OomReportReader.Read(Log(experiment))];
        string[][] expected = [.. Table(experiment)];
        string[] columns = Columns(experiment);
        int At(string name) => Array.IndexOf(columns, name);
        foreach (IGrouping<string, string[]> group in expected.GroupBy(row => row[At("report")]))
        {
            OomReport report = reports[int.Parse(group.Key, CultureInfo.InvariantCulture) - 1];
            report.Gaps.ShouldBeEmpty();
            string[] first = group.First();
            report.Invocation!.Comm.ShouldBe(first[At("by_comm")]);
            report.InvokerPid.ShouldBe(int.Parse(first[At("by_pid")], CultureInfo.InvariantCulture));
            report.Release.ShouldBe("6.1.0-56-amd64");
            foreach (string[] row in group)
            {
                OomTask task = report.Tasks.Single(one => one.Pid == int.Parse(row[At("pid")], CultureInfo.InvariantCulture));
                task.Comm.ShouldBe(row[At("comm")]);
                task.Rss.ToString(CultureInfo.InvariantCulture).ShouldBe(row[At("rss")]);
                task.Swapents.ToString(CultureInfo.InvariantCulture).ShouldBe(row[At("swapents")]);
                task.PageTables.ShouldBe([long.Parse(row[At("pgtables_bytes")], CultureInfo.InvariantCulture)]);
                task.OomScoreAdj.ToString(CultureInfo.InvariantCulture).ShouldBe(row[At("oom_score_adj")]);
                (report.VictimPid == task.Pid).ShouldBe(row[At("is_victim")] == "1");
            }

            report.Tasks.Count.ShouldBe(group.Count());
        }

        reports.Length.ShouldBe(expected.Select(row => row[At("report")]).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Experiments))]
    public void TheLinesThatWeReadAreWrittenAsTheyWere(string experiment)
    {
        foreach (OomReport report in OomReportReader.Read(Log(experiment)))
        {
            report.Lines[0].ShouldBe(report.Invocation!.ToString());
            report.Lines.ShouldContain(report.Table!.Heading());
            foreach (OomTask task in report.Tasks)
                report.Lines.ShouldContain(report.Table.Row(task));
            report.Lines.ShouldContain(report.Decision!.ToString());
            foreach (OomKill kill in report.Kills)
                report.Lines.ShouldContain(kill.ToString());
            foreach (OomLimit limit in report.Limits)
                report.Lines.ShouldContain(limit.ToString());
        }
    }

    [Theory]
    [InlineData("<4>[   20.143600] ", "")]
    [InlineData("[   20.143600] ", "")]
    [InlineData("[   20.143600][ T2124] ", "T2124")]
    [InlineData("[Mon Dec  8 17:51:31 2025] ", "")]
    [InlineData("Dec  8 17:51:31 box kernel: ", "")]
    [InlineData("Dec  8 17:51:31 box kernel: [77207.143] ", "")]
    [InlineData("2025-12-08T17:51:31.270121+00:00 box kernel: ", "")]
    [InlineData("2023-12-04T10:49:30.127Z In(05) vcpu-5 - Guest: <6>[39291577.009529] ", "")]
    [InlineData("6,1204,20143600,-;", "")]
    [InlineData("kern  :warn  : [   20.143600] ", "")]
    [InlineData("[   20.143600] web1 kernel: ", "")]
    [InlineData("<4>Dec  8 17:51:31 box kernel: [77207.143] ", "")]
    [InlineData("<4>1 2025-12-08T17:51:31.270121+00:00 box kernel - - - [77207.143] ", "")]
    [InlineData("<4>1 2025-12-08T17:51:31Z box kernel - - - ", "")]
    [InlineData("1 2025-12-08T17:51:31Z box kernel - - [origin software=\"rsyslogd\"][meta x=\"1\"] \uFEFF[77207.143] ", "")]
    [InlineData("2025-12-08T17:51:31,270121+00:00 ", "")]
    [InlineData("kern  :warn  : 2025-12-08T17:51:31,270121+00:00 ", "")]
    [InlineData("Mon 2025-12-08 17:51:31 UTC box kernel: ", "")]
    [InlineData("1765216291.270121 box kernel: ", "")]
    [InlineData("[   20.143600 <    0.000012>] ", "")]
    [InlineData("[<    0.000012>] ", "")]
    [InlineData("[  +0.000012] ", "")]
    [InlineData("[Dec 8 17:51] ", "")]
    [InlineData("[   20.143600] [ T2124] ", "T2124")]
    [InlineData("6,1204,20143600,-,caller=T2124;", "T2124")]
    [InlineData("", "")]
    public void PrefixesOfAllWaysToReadALogAreTakenOff(string prefix, string caller)
    {
        foreach (string message in (string[])["hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0", "[    133]     0   133     2137     2100    45056        0         -1000 wl", "Mem-Info:"])
        {
            KernelLogLine line = KernelLogLine.Parse(prefix + message);
            line.Message.ShouldBe(message);
            (line.Caller ?? "").ShouldBe(caller);
        }
    }

    [Fact]
    public void TablesOfAllGenerationsAreReadAndWritten()
    {
        (string Heading, string Row, long[] Tables)[] generations =
        [
            ("[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name", "[28438]     0 28438  5063909   119961    1661   136409          -998 java", [1661]),
            ("[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name", "[  514]     0   514    10014       40      23       3      289         -1000 systemd-udevd", [23, 3]),
            ("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name", "[  19331]  1000 19331   226026    29603  1314816        0           999 npm start", [1314816]),
            ("[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
                "[    375]     0   375    14010     2008      160     1848         0   102400      256          -250 systemd-journal", [102400]),
        ];
        foreach ((string heading, string row, long[] tables) in generations)
        {
            OomTableFormat.TryParse(heading, out OomTableFormat? format).ShouldBeTrue();
            format!.Heading().ShouldBe(heading);
            format.TryRow(row, out OomTask? task).ShouldBeTrue();
            task!.PageTables.ShouldBe(tables);
            format.Row(task).ShouldBe(row);
        }
    }

    [Fact]
    public void LinesOfOtherTasksBetweenAreNotTaken()
    {
        string[] log =
        [
            "[   10.000001][ T100] web invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            "[   10.000002][  T77] usb 1-1: new device",
            "[   10.000003][ T100] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
            "[   10.000004][ T100] [    100]     0   100     2137     2100    45056        0             0 web",
            "[   10.000005][  T77] [    101]     0   101     2137     2100    45056        0             0 not in the table",
            "[   10.000006][ T100] Out of memory: Killed process 100 (web) total-vm:8548kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:400kB, UID:0 pgtables:44kB oom_score_adj:0",
        ];
        OomReport report = OomReportReader.Read(log).ShouldHaveSingleItem();
        report.Tasks.ShouldHaveSingleItem().Comm.ShouldBe("web");
        report.Lines.Count.ShouldBe(4);
    }

    [Fact]
    public void ACutLogSaysWhatItLacks()
    {
        string[] whole = [.. Log("guest/oom_noswap")];
        int table = Array.FindIndex(whole, line => line.Contains("[  pid  ]", StringComparison.Ordinal));
        OomReport late = OomReportReader.Read(whole[table..(table + 12)])[0];
        late.Gaps.ShouldContain("the log begins within the report: who asked for memory is not known");
        late.VictimPid.ShouldBe(138);
        OomReport early = OomReportReader.Read(whole[..(table + 4)]).Single();
        early.Gaps.ShouldContain("the log ends before the kill");
        early.Tasks.Count.ShouldBe(3);
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void EveryReleasesReportsAreReadWithoutLoss(string release)
    {
        OomReport[] machine = [.. OomReportReader.Read(OomEra.Rewrite(Log("guest/oom_noswap"), release))];
        machine.Select(report => report.VictimPid).ShouldBe([138, 136, 140]);
        machine.ShouldAllBe(report => report.Gaps.Count == 0 && report.InvokerPid == 140 && report.Tasks.Count >= 6 && report.Kills.Count == 1 && report.RamPages == 65406);
        OomReport cgroup = OomReportReader.Read(OomEra.Rewrite(Log("guest/memcg_oom_group"), release)).ShouldHaveSingleItem();
        cgroup.Gaps.ShouldBeEmpty();
        (cgroup.VictimPid, cgroup.Memcg, cgroup.Tasks.Count).ShouldBe((146, "/a", 3));
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void AReportCutAnywhereSaysSo(string release)
    {
        string[] log = OomEra.Rewrite(Log("guest/oom_noswap").SkipWhile(line => !line.Contains("invoked", StringComparison.Ordinal)), release);
        int end = Array.FindIndex(log, line => line.Contains("Killed process", StringComparison.Ordinal));
        string[] whole = log[..(end + 1)];
        for (int keep = 1; keep <= end; keep++)
        {
            OomReport head = OomReportReader.Read(whole[..keep]).ShouldHaveSingleItem();
            head.Gaps.ShouldNotBeEmpty($"the first {keep} lines");
            foreach (OomReport tail in OomReportReader.Read(whole[keep..]))
                tail.Gaps.ShouldContain("the log begins within the report: who asked for memory is not known", $"from line {keep + 1}");
        }
    }

    public static TheoryData<string> Releases => [.. OomEra.Releases];

    [Theory]
    [MemberData(nameof(Releases))]
    public void LinesOfTwoReportsThatAreMixedNameNoVictimOfEither(string release)
    {
        string[] machine = OomEra.Rewrite(Log("guest/oom_noswap").SkipWhile(line => !line.Contains("invoked", StringComparison.Ordinal)), release);
        string[] cgroup = OomEra.Rewrite(Log("guest/memcg_oom_group").SkipWhile(line => !line.Contains("invoked", StringComparison.Ordinal)), release);
        static string Choice(OomReport report) => $"{report.VictimPid} of {string.Join(' ', report.Tasks.Select(task => $"{task.Pid}:{task.Rss}"))} for {report.Invocation?.Comm}, {report.Memcg}";
        string[] whole = [.. OomReportReader.Read(machine).Concat(OomReportReader.Read(cgroup)).Select(Choice)];
        var random = new Random(11);
        for (int round = 0; round < 300; round++)
        {
            // Each log keeps its order; how many lines come of one before some of the other is drawn.
            var mixed = new List<string>();
            int one = 0, two = 0, most = 1 + random.Next(40);
            while (one < machine.Length || two < cgroup.Length)
            {
                for (int i = random.Next(most); i >= 0 && one < machine.Length; i--)
                    mixed.Add(machine[one++]);
                for (int i = random.Next(most); i >= 0 && two < cgroup.Length; i--)
                    mixed.Add(cgroup[two++]);
            }

            // What is not marked has the table and the victim of one report.
            foreach (OomReport report in OomReportReader.Read(mixed).Where(report => !report.IsMixed && report.VictimPid != 0 && report.Gaps.Count == 0))
                whole.ShouldContain(Choice(report), $"round {round}, line {report.FirstLine}");
        }

        OomReport[] alternating = [.. OomReportReader.Read(machine.Zip(cgroup, (first, second) => new[] { first, second }).SelectMany(pair => pair))];
        alternating[1].IsMixed.ShouldBeTrue();
        alternating[0].Gaps.ShouldContain("its other lines are among those of the report that begins at line 2");
    }

    [Fact]
    public void ReportsWithoutTheirFirstLinesStayApart()
    {
        string[] log = [.. Log("guest/oom_noswap").Where(line => !line.Contains("invoked", StringComparison.Ordinal))];
        OomReport[] reports = [.. OomReportReader.Read(log)];
        reports.Select(report => report.VictimPid).ShouldBe([138, 136, 140]);
        reports.ShouldAllBe(report => report.Kills.Count == 1 && HasVictimInTable(report) && report.Gaps.Count == 1);
    }

    [Fact]
    public void AKillThatTheKernelDidNotReportIsNotThatOfTheReportBefore()
    {
        string[] log =
        [
            .. Log("guest/oom_noswap").SkipWhile(line => !line.Contains("invoked", StringComparison.Ordinal)).TakeWhile(line => !line.Contains("Killed process 136", StringComparison.Ordinal)),
            "Out of memory: Killed process 900 (late) total-vm:8548kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:400kB, UID:0 pgtables:44kB oom_score_adj:0",
            "Out of memory: Killed process 901 (later) total-vm:8548kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:400kB, UID:0 pgtables:44kB oom_score_adj:0",
            "oom_kill_process: 7 callbacks suppressed",
        ];
        OomReport last = OomReportReader.Read(log)[^1];
        last.VictimPid.ShouldBe(901);
        last.Tasks.ShouldBeEmpty();
        last.Gaps.ShouldContain("the kernel left out reports before this one (its rate limit: 7 callbacks suppressed)");
    }

    [Fact]
    public void LinesThatAreCutAreNamed()
    {
        string[] log = [.. Log("guest/oom_noswap").SkipWhile(line => !line.Contains("invoked", StringComparison.Ordinal)).Select(line => line[..Math.Min(line.Length, 60)])];
        IReadOnlyList<OomReport> reports = OomReportReader.Read(log);
        reports.Count.ShouldBe(3);
        reports.ShouldAllBe(report => report.VictimPid == 0);
        reports[0].Gaps.ShouldContain("line 1 is cut: it says who asked for memory");
        reports[0].Gaps.ShouldContain("line 66 is cut: it says who was killed");
    }

    [Fact]
    public void OldReportsNameTheirChoiceInTheirOwnWay()
    {
        string[] log =
        [
            "java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=-998",
            "java cpuset=1e479e7590 mems_allowed=0",
            "CPU: 9 PID: 14881 Comm: java Tainted: G    B          ------------ T 3.10.0-327.4.5.el7.x86_64 #1",
            "Task in /kubepods/pod1 killed as a result of limit of /kubepods",
            "memory: usage 1048576kB, limit 1048576kB, failcnt 189",
            "memory+swap: usage 1048576kB, limit 9007199254740988kB, failcnt 0",
            "Memory cgroup stats for /kubepods: cache:32KB rss:524188KB",
            "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
            "[28438]     0 28438  5063909   119961    1661   136409          -998 java",
            "Memory cgroup out of memory: Kill process 24572 (java) score 0 or sacrifice child",
            "Killed process 28438 (java) total-vm:20255636kB, anon-rss:466160kB, file-rss:13684kB",
        ];
        OomReport report = OomReportReader.Read(log).ShouldHaveSingleItem();
        report.Release.ShouldBe("3.10.0-327.4.5.el7.x86_64");
        report.Memcg.ShouldBe("/kubepods");
        report.Limits.Select(limit => limit.LimitKib).ShouldBe([1048576, OomLimit.Unlimited]);
        report.VictimPid.ShouldBe(24572);
        report.Kills.ShouldHaveSingleItem().Pid.ShouldBe(28438);
        report.Gaps.ShouldBeEmpty();
    }

    [Fact]
    public void MutatedLogsAreReadWithoutHarm()
    {
        byte[] whole = Oracle.Plain("guest/oom_swap64/dmesg.xz");
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = (byte[])whole.Clone();
            for (int change = 0; change < 200; change++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            int start = random.Next(bytes.Length);
            string text = Encoding.Latin1.GetString(bytes, start, random.Next(bytes.Length - start));
            foreach (OomReport report in OomReportReader.Read(text.Split('\n')))
                report.Lines.Count.ShouldBeGreaterThan(0);
        }
    }

    [Theory]
    [MemberData(nameof(Experiments))]
    public void TheVictimOfEveryRecordedReportIsTheOneChosenFromItsTable(string experiment)
    {
        string[] columns = Columns(experiment);
        foreach (IGrouping<string, string[]> rows in Table(experiment).GroupBy(row => row[0]))
        {
            OomReport report = OomReportReader.Read(Log(experiment))[int.Parse(rows.Key, CultureInfo.InvariantCulture) - 1];
            long total = long.Parse(rows.First()[Array.IndexOf(columns, "totalpages")], CultureInfo.InvariantCulture);
            var badness = new OomBadness(new KernelVersion(6, 1));
            long?[] points = [.. report.Tasks.Select(task => badness.Points(task.Rss + task.Swapents + (task.PageTables[0] / 4096), task.OomScoreAdj, total))];
            report.Tasks[badness.Choose(points)].Pid.ShouldBe(report.VictimPid);
            string[] recorded = [.. rows.Select(row => row[Array.IndexOf(columns, "points")])];
            points.Select(point => point?.ToString(CultureInfo.InvariantCulture) ?? "unkillable").ShouldBe(recorded);
        }
    }

    private static bool HasVictimInTable(OomReport report) => report.Tasks.Exists(task => task.Pid == report.VictimPid);

    private static string[] Log(string experiment) => Encoding.Latin1.GetString(Oracle.Plain(experiment + "/dmesg.xz")).Split('\n');

    private static string[] Columns(string experiment) => File.ReadLines(Path.Combine(Oracle.Folder, experiment, "oom_reports.tsv")).First().Split('\t');

    private static IEnumerable<string[]> Table(string experiment) =>
        File.ReadLines(Path.Combine(Oracle.Folder, experiment, "oom_reports.tsv")).Skip(1).Select(line => line.Split('\t'));
}
