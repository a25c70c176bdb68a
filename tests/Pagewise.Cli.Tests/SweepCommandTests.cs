using System.Text.Json;

namespace Pagewise.Cli.Tests;

/// <summary>One recording on machines with too little memory: <c>sweep</c>, and <c>run --memory-series</c>.</summary>
public sealed class SweepCommandTests
{
    private static readonly string Program = CyclicProgram();

    [Fact]
    public void LessMemoryMeansMoreFaultsAndMoreTime()
    {
        using var file = new TemporaryFile(Program);
        CommandRun run = CommandRun.Of("sweep", file.Path, "--vary", "memory=4M..16M:4M", "--set", "swap=64M", "--csv");
        run.Status.ShouldBe(0, run.Error);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldStartWith("memory,faults,major_faults,");
        string[][] rows = [.. lines[1..].Select(line => line.Split(','))];
        rows.Select(row => row[0]).ShouldBe(["4M", "8M", "12M", "16M"]);
        int major = Array.IndexOf(lines[0].Split(','), "major_faults");
        int time = Array.IndexOf(lines[0].Split(','), "time_ns");
        // Half of it fits: in three rounds all must come back, eight pages at a time at best.
        Number(rows[0][major]).ShouldBeGreaterThanOrEqualTo(3 * 2048 / 8);
        Number(rows[3][major]).ShouldBe(0);
        Number(rows[0][time]).ShouldBeGreaterThan(2 * Number(rows[3][time]));
    }

    [Fact]
    public void TheTableIsTheSameHoweverManyMachinesRunAtOnce()
    {
        using var file = new TemporaryFile(Program);
        string[] words = ["sweep", file.Path, "--vary", "memory=4M,8M,12M", "--vary", "vm.swappiness=0,100", "--set", "swap=64M", "--json"];
        string alone = CommandRun.Of([.. words, "-j", "1"]).Output;
        CommandRun.Of([.. words, "-j", "4"]).Output.ShouldBe(alone);
        using JsonDocument json = JsonDocument.Parse(alone);
        json.RootElement.GetProperty("schema").GetString().ShouldBe("pagewise.sweep/1");
        JsonElement[] rows = [.. json.RootElement.GetProperty("outcomes").EnumerateArray()];
        string[] values = [.. rows.Select(row => string.Join(' ', row.GetProperty("values").EnumerateArray().Select(value => value.GetString())))];
        values.ShouldBe(["4M 0", "4M 100", "8M 0", "8M 100", "12M 0", "12M 100"]);
    }

    [Fact]
    public void ASweepsRowIsWhatRunSays()
    {
        using var file = new TemporaryFile(Program);
        using JsonDocument sweep = JsonDocument.Parse(CommandRun.Of("sweep", file.Path, "--vary", "memory=6M", "--set", "swap=64M", "--json").Output);
        using JsonDocument run = JsonDocument.Parse(CommandRun.Of("run", file.Path, "--set", "memory=6M", "--set", "swap=64M", "--json").Output);
        JsonElement row = sweep.RootElement.GetProperty("outcomes")[0];
        JsonElement machine = run.RootElement.GetProperty("machine");
        row.GetProperty("swapIn").GetInt64().ShouldBeGreaterThan(0);
        row.GetProperty("swapIn").GetInt64().ShouldBe(machine.GetProperty("pressure").GetProperty("swapIn").GetInt64());
        row.GetProperty("timeNs").GetDouble().ShouldBe(machine.GetProperty("timeNs").GetDouble());
        double causes = machine.GetProperty("time").EnumerateArray().Sum(cause => cause.GetProperty("ns").GetDouble());
        causes.ShouldBe(machine.GetProperty("timeNs").GetDouble(), causes * 1e-12);
    }

    [Fact]
    public void BeingSampledChangesNothing()
    {
        using var file = new TemporaryFile(Program);
        string[] words = ["run", file.Path, "--set", "memory=6M", "--set", "swap=64M"];
        string plain = CommandRun.Of(words).Output;
        CommandRun sampled = CommandRun.Of([.. words, "--memory-series"]);
        sampled.Status.ShouldBe(0, sampled.Error);
        sampled.Output.ShouldStartWith(plain);
        sampled.Output.ShouldContain("free  ");
        sampled.Output.ShouldContain("+refaults");
    }

    [Fact]
    public void SamplesStandAtEqualStepsAndEndWithTheRun()
    {
        using var file = new TemporaryFile(Program);
        using JsonDocument json = JsonDocument.Parse(CommandRun.Of("run", file.Path, "--set", "memory=6M", "--set", "swap=64M", "--memory-series", "--json").Output);
        JsonElement series = json.RootElement.GetProperty("memorySeries");
        double step = series.GetProperty("stepNs").GetDouble();
        JsonElement[] samples = [.. series.GetProperty("samples").EnumerateArray()];
        samples.Length.ShouldBeInRange(200, 513);
        for (int i = 1; i < samples.Length - 1; i++)
            (samples[i].GetProperty("timeNs").GetDouble() % step).ShouldBe(0);
        samples[^1].GetProperty("timeNs").GetDouble().ShouldBe(json.RootElement.GetProperty("machine").GetProperty("timeNs").GetDouble(), step);
        samples.Max(sample => sample.GetProperty("swapUsed").GetInt64()).ShouldBeGreaterThan(0);
        samples.ShouldContain(sample => sample.GetProperty("free").GetInt64() < series.GetProperty("low").GetInt64());
    }

    [Theory]
    [InlineData("memory", "expected key=values")]
    [InlineData("memroy=1M,2M", "the nearest is 'memory'")]
    [InlineData("memory=8M..4M:1M", "expected a range FIRST..LAST:STEP")]
    [InlineData("memory=4M..8M", "expected a range FIRST..LAST:STEP")]
    [InlineData("memory=4M..8M:0", "expected a range FIRST..LAST:STEP")]
    [InlineData("memory=1M..1T:1", "more than 10000 values")]
    [InlineData("vm.swappiness=0,many", "'many': expected a number from 0 to 200")]
    public void AWrongAxisIsNamed(string axis, string message)
    {
        using var file = new TemporaryFile(Program);
        CommandRun.Of("sweep", file.Path, "--vary", axis).ShouldHaveFailedWith(message);
    }

    [Fact]
    public void AMachineThatCannotBeIsNamedBeforeAnyWork()
    {
        using var file = new TemporaryFile(Program);
        CommandRun run = CommandRun.Of("sweep", file.Path, "--vary", "memory=4M,8T", "--set", "page_tables=x86-32");
        run.ShouldHaveFailedWith("memory=8T: no such machine can be");
        run.Output.ShouldBeEmpty();
    }

    [Fact]
    public void WhatMakesNoSenseIsRefused()
    {
        using var file = new TemporaryFile(Program);
        CommandRun.Of("sweep", file.Path).ShouldHaveFailedWith("--vary");
        CommandRun.Of("sweep", "-", "--vary", "memory=4M").ShouldHaveFailedWith("standard input");
        CommandRun.Of("sweep", file.Path, "--vary", "memory=4M", "--json", "--csv").ShouldHaveFailedWith("expected one of them");
        CommandRun.Of("sweep", file.Path, "--vary", "memory=4M", "-j", "0").ShouldHaveFailedWith("--jobs 0");
        CommandRun.Of("sweep", file.Path, "--vary", "memory=4M", "--vary", "memory=5M").ShouldHaveFailedWith("given twice");
    }

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    // 8 MiB of anonymous memory, walked through four times.
    private static string CyclicProgram()
    {
        var text = new System.Text.StringBuilder("# kernel 6.1.0; ASLR off; uid 0\n1 mmap(NULL, 8388608, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7400000\n");
        for (int round = 0; round < 4; round++)
            text.Append("1 touch(0x7ffff7400000, 8388608, W) = 0\n");
        return text.ToString();
    }
}
