using System.Text.Json;

namespace Pagewise.Cli.Tests;

/// <summary><c>oom --find-limit</c>, and limits of cgroups in <c>run</c>.</summary>
public sealed class FindLimitTests
{
    // 8 MiB, written once and read twice.
    private const string Program = """
        100 mmap(NULL, 16777216, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
        100 touch(0x7f0000000000, 8388608, W) = 0
        100 touch(0x7f0000000000, 8388608, R) = 0
        100 touch(0x7f0000000000, 8388608, R) = 0

        """;

    [Fact]
    public void WithoutSwapAProgramDiesWhereItFirstReclaims()
    {
        using var file = new TemporaryFile(Program);
        CommandRun run = CommandRun.Of("oom", "--find-limit", file.Path, "--set", "memory=64M", "--set", "kernel_image=0", "--json");
        run.Status.ShouldBe(0, run.Error);
        using JsonDocument json = JsonDocument.Parse(run.Output);
        json.RootElement.GetProperty("schema").GetString().ShouldBe("pagewise.limit/1");
        JsonElement[] thresholds = [.. json.RootElement.GetProperty("thresholds").EnumerateArray()];
        thresholds.Select(one => one.GetProperty("event").GetString()).ShouldBe(["reclaims", "refaults", "crawls", "dies"]);
        long dies = thresholds[3].GetProperty("below").GetProperty("limitBytes").GetInt64();
        dies.ShouldBeInRange(8 << 20, 9 << 20);
        thresholds[3].GetProperty("above").GetProperty("ooms").GetInt64().ShouldBe(0);
        thresholds[3].GetProperty("below").GetProperty("ooms").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void WithSwapAProgramLivesInLess()
    {
        using var file = new TemporaryFile(Program);
        CommandRun run = CommandRun.Of("oom", "--find-limit", file.Path, "--set", "memory=64M", "--set", "kernel_image=0", "--set", "swap=64M");
        run.Status.ShouldBe(0, run.Error);
        string[] lines = run.Output.Split('\n');
        lines[0].ShouldMatch("^It needs memory.max of .* to get on; with .* it takes more than 10 times as long, and with .* KiB it is killed before that.$");
        lines[1].ShouldStartWith("  first reclaims at 8.");
        lines[2].ShouldStartWith("  first refaults at 8.");
        lines[3].ShouldStartWith("  first crawls at ");
        lines[4].ShouldStartWith("  first dies at ");
        run.Output.ShouldContain(" over ");
    }

    [Fact]
    public void ALimitOfTheOnlyCgroupIsTheProgramsAndProcSaysWhere()
    {
        using var file = new TemporaryFile(Program);
        DirectoryInfo proc = Directory.CreateTempSubdirectory("pagewise");
        try
        {
            CommandRun run = CommandRun.Of("run", file.Path, "--set", "memory=64M", "--set", "kernel_image=0", "--set", "swap=64M", "--set", "cgroup./web.memory.max=4M", "--proc", proc.FullName);
            run.Status.ShouldBe(0, run.Error);
            run.Output.ShouldMatch(@"/web +│ +[34]\.[0-9] MiB │ +4 MiB");
            File.ReadAllText(Path.Combine(proc.FullName, "100", "cgroup")).ShouldBe("0::/web\n");
            File.ReadAllText(Path.Combine(proc.FullName, "vmstat")).ShouldNotContain("\npswpin 0\n");
        }
        finally
        {
            proc.Delete(recursive: true);
        }
    }
}
