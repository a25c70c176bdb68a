using System.Text.Json;

namespace Pagewise.Cli.Tests;

/// <summary><c>pagewise oom</c>.</summary>
public sealed class OomCommandTests
{
    private const string Log = """
        [   10.1] web invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
        [   10.1] CPU: 0 PID: 100 Comm: web Not tainted 6.1.0-56-amd64 #1
        [   10.1] Free swap  = 0kB
        [   10.1] Total swap = 4096kB
        [   10.1] 51200 pages RAM
        [   10.1] 200 pages reserved
        [   10.1] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
        [   10.1] [    100]     0   100    21370    20100    45056        0             0 web
        [   10.1] [    101]     0   101     2137     2100    45056      100           500 batch
        [   10.1] [    102]     0   102     2137     2100    45056        0         -1000 sshd
        [   10.1] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=batch,pid=101,uid=0
        [   10.1] Out of memory: Killed process 101 (batch) total-vm:8548kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:400kB, UID:0 pgtables:44kB oom_score_adj:500
        """;

    [Fact]
    public void TheFirstLineIsTheAnswer()
    {
        using var log = new TemporaryFile(Log);
        CommandRun run = CommandRun.Of("oom", "--explain", log.Path);
        run.Status.ShouldBe(0);
        run.Output.Split('\n')[0].ShouldBe("batch (101) was killed because of its oom_score_adj of 500: it held only 8.6 MiB.");
        run.Output.ShouldContain("all 4 MiB of swap are full");
        run.Output.ShouldContain("next is web (100) with 20,111");
        run.Output.ShouldContain("batch (101) with an oom_score_adj of 344 or less is spared; it is web (100) then.");
    }

    [Fact]
    public void WhatIfsAreAnsweredEachAndTogether()
    {
        using var log = new TemporaryFile(Log);
        CommandRun run = CommandRun.Of("oom", "--explain", log.Path, "--if", "pid 101 oom_score_adj=0", "--if", "pid 100 gone", "--json");
        run.Status.ShouldBe(0);
        JsonElement answer = JsonDocument.Parse(run.Output).RootElement[0];
        answer.GetProperty("victimPid").GetInt32().ShouldBe(101);
        answer.GetProperty("totalPages").GetInt64().ShouldBe(52024);
        answer.GetProperty("alternatives").EnumerateArray().Select(one => one.GetProperty("victimPid").GetInt32()).ShouldBe([100, 101, 101]);
        answer.GetProperty("processes").EnumerateArray().Select(one => one.GetProperty("pid").GetInt32()).ShouldBe([101, 100, 102]);
    }

    [Fact]
    public void LessMemoryThanIsInUseIsToldWithFigures()
    {
        using var log = new TemporaryFile(Log);
        CommandRun run = CommandRun.Of("oom", "--explain", log.Path, "--if", "memory=100 MiB");
        run.Output.ShouldContain("memory=100 MiB: memory would have run out 99.2 MiB earlier; ");
        Assert.SkipUnless(File.Exists("/proc/self/oom_score"), "no /proc/PID/oom_score here");
        CommandRun.Of("oom", "--if", "memory=1 MiB").Output.ShouldContain(" are in use now, ");
    }

    [Fact]
    public void WhereACpusetWasShortItsNodesWeigh()
    {
        string zone = "[   10.1] Node 1 Normal free:1608kB boost:0kB min:1620kB low:2024kB high:2428kB present:81920kB managed:80000kB\n";
        using var log = new TemporaryFile(Log.Replace("[   10.1] Free swap", zone + "[   10.1] Free swap", StringComparison.Ordinal)
            .Replace("CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0", "CONSTRAINT_CPUSET,nodemask=(null),cpuset=/batch,mems_allowed=1", StringComparison.Ordinal));
        CommandRun run = CommandRun.Of("oom", "--explain", log.Path, "--json");
        JsonDocument.Parse(run.Output).RootElement[0].GetProperty("totalPages").GetInt64().ShouldBe(20480 + 1024);
        run.Output.ShouldContain("cpuset /batch");
    }

    [Fact]
    public void WithoutTheSizeOfMemoryNoReasonIsGiven()
    {
        using var log = new TemporaryFile(string.Join('\n', Log.Split('\n').Where(line => !line.Contains("pages", StringComparison.Ordinal) && !line.Contains("Total swap", StringComparison.Ordinal))));
        string first = CommandRun.Of("oom", "--explain", log.Path).Output.Split('\n')[0];
        first.ShouldBe("batch (101) was killed: the log does not have how much memory there was, so what oom_score_adj weighed is not known.");
    }

    [Theory]
    [InlineData("pid 999 gone", "there is no such process")]
    [InlineData("pid 101 oom_score_adj=5000", "from -1000 to 1000")]
    [InlineData("nonsense", "expected")]
    [InlineData("swap=many", "expected a size")]
    public void AWrongWhatIfIsToldInOneLine(string change, string message)
    {
        using var log = new TemporaryFile(Log);
        CommandRun run = CommandRun.Of("oom", "--explain", log.Path, "--if", change);
        run.Status.ShouldBe(2);
        run.Error.ShouldContain(message);
        run.Error.TrimEnd().ShouldNotContain("\n");
    }

    [Fact]
    public void ALogWithoutAReportIsToldInOneLine()
    {
        using var log = new TemporaryFile("[    0.000000] Linux version 6.1\n");
        CommandRun run = CommandRun.Of("oom", "--explain", log.Path);
        run.Status.ShouldBe(2);
        run.Error.ShouldContain("no report of the OOM killer");
    }

    [Fact]
    public void ThisHostsNextVictimIsNamed()
    {
        Assert.SkipUnless(File.Exists("/proc/self/oom_score"), "no /proc/PID/oom_score here");
        CommandRun run = CommandRun.Of("oom");
        run.Status.ShouldBe(0);
        run.Output.ShouldStartWith("If memory ran out now, ");
    }

    [Fact]
    public void NamesFromALogCannotSteerTheTerminal()
    {
        using var log = new TemporaryFile(Log.Replace("batch", "b\u001b[2Jh", StringComparison.Ordinal));
        CommandRun.Of("oom", "--explain", log.Path).Output.ShouldNotContain("\u001b[2J");
    }
}
