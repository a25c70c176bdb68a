using System.Text.Json;

namespace Pagewise.Cli.Tests;

/// <summary><c>pagewise oom --grow</c>, and hosts saved in other ways.</summary>
public sealed class OomForecastCommandTests
{
    [Fact]
    public void AGrowingProcessGoesThroughWatermarksAndSwapUntilItIsKilled()
    {
        using var host = new SyntheticProc(processes: 20, memoryGib: 8, swapGib: 2);
        CommandRun run = CommandRun.Of("oom", "--proc", host.Directory, "--grow", "1001=100M/s", "--json");
        run.Status.ShouldBe(0, run.Error);
        JsonElement report = JsonDocument.Parse(run.Output).RootElement;
        report.GetProperty("schema").GetString().ShouldBe("pagewise.oom-forecast/1");
        JsonElement[] events = [.. report.GetProperty("cases")[0].GetProperty("events").EnumerateArray()];
        events.Take(5).Select(one => one.GetProperty("event").GetString()).ShouldBe(["lowWatermark", "swapBegins", "swapFull", "directReclaim", "kill"]);
        double[] times = [.. events.Select(one => one.GetProperty("atSeconds").GetDouble())];
        times.ShouldBe(times.Order());
        // A tenth of 8 GiB is free, and 100 MiB go each second, with a table for each 512 pages.
        double low = events[0].GetProperty("freeBytes").GetDouble();
        times[0].ShouldBe(((0.1 * (8UL << 30)) - low) / ((100UL << 20) * (1 + (1 / 512.0))), 0.1);
        events[4].GetProperty("victimPid").GetInt32().ShouldBe(1001);
        events[4].GetProperty("scores")[0].GetProperty("pid").GetInt32().ShouldBe(1001);
        events[4].GetProperty("freeBytes").GetDouble().ShouldBeGreaterThan(2e9);
    }

    [Fact]
    public void UncertainGrowthGivesASpanAndChangesAreSideBySide()
    {
        using var host = new SyntheticProc(processes: 20, memoryGib: 8, swapGib: 2);
        CommandRun run = CommandRun.Of("oom", "--proc", host.Directory, "--grow", "1001=50M..150M/s", "--if", "swap=0", "--if", "pid 1001 oom_score_adj=-1000", "--for", "5m");
        run.Status.ShouldBe(0, run.Error);
        run.Output.Split('\n')[0].ShouldMatch(@"^In .+ \(.+ to .+\) the kernel kills worker1001 \(1001\), which holds .+ then\.$");
        run.Output.ShouldContain("Side by side");
        run.Output.ShouldContain("swap=0");
        run.Output.ShouldMatch(@"first kill .+: worker1001 \(1001\) .+: worker1001 \(1001\) .+: worker1019 \(1019\)");
    }

    [Fact]
    public void WhereNothingFillsTheMemoryNothingHappens()
    {
        using var host = new SyntheticProc(processes: 3, memoryGib: 8);
        CommandRun run = CommandRun.Of("oom", "--proc", host.Directory, "--grow", "1000=1K/s", "--for", "1h");
        run.Output.Split('\n')[0].ShouldBe("Nothing happens within 1 h 0 min: free memory stays above the low watermark.");
    }

    [Theory]
    [InlineData("expected PID=RATE", "--grow", "nonsense")]
    [InlineData("expected PID=RATE", "--grow", "1000=5M/fortnight")]
    [InlineData("there is no such process", "--grow", "77=5M/s")]
    [InlineData("expected a time", "--grow", "1000=5M/s", "--for", "soon")]
    [InlineData("there are nvme", "--grow", "1000=5M/s", "--swap-device", "tape")]
    [InlineData("--watch needs this host", "--watch", "5")]
    public void AWrongWordIsToldInOneLine(string message, params string[] words)
    {
        using var host = new SyntheticProc(processes: 1, memoryGib: 1);
        CommandRun.Of(["oom", "--proc", host.Directory, .. words]).ShouldHaveFailedWith(message);
    }

    [Fact]
    public void WatchingThisHostEndsInAForecast()
    {
        CommandRun run = CommandRun.Of("oom", "--watch", "2", "--for", "1s", "--json");
        run.Status.ShouldBe(0, run.Error);
        JsonDocument.Parse(run.Output).RootElement.GetProperty("horizonSeconds").GetDouble().ShouldBe(1);
    }

    [Fact]
    public void ADirectoryOfSosreportIsReadByItsProcAndPs()
    {
        using var host = new SyntheticProc(processes: 0, memoryGib: 4, inside: "proc");
        File.WriteAllText(Path.Combine(host.Root, "ps"), """
            USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
            root           1  0.0  0.1 168000  9000 ?        Ss   Jan01   0:05 /usr/lib/systemd/systemd --switched-root
            root           2  0.0  0.0      0     0 ?        S    Jan01   0:00 [kthreadd]
            app         4211  9.0 40.0 9000000 1600000 ?     Sl   Jan01  99:05 /usr/bin/java -Xmx2g -jar web.jar
            root           -  0.0    -      -     - -        Sl   Jan01   0:00 -
            """);
        CommandRun run = CommandRun.Of("oom", "--proc", host.Root);
        run.Status.ShouldBe(0, run.Error);
        run.Output.ShouldStartWith("If memory ran out now, java (4211) would be killed first: 1.5 GiB, oom_score_adj 0.");
        run.Output.ShouldContain("as ps lists them");
    }

    [Fact]
    public void TenThousandProcessesAndATerabyteAreRunForward()
    {
        using var host = new SyntheticProc(processes: 10_000, memoryGib: 1024);
        CommandRun run = CommandRun.Of("oom", "--proc", host.Directory, "--grow", "1001=2G/s", "--grow", "1002=1G..2G/s", "--for", "10m", "--json");
        run.Status.ShouldBe(0, run.Error);
        JsonDocument.Parse(run.Output).RootElement.GetProperty("cases")[0].GetProperty("events").EnumerateArray()
            .Count(one => one.GetProperty("event").GetString() == "kill").ShouldBe(2);
    }
}
