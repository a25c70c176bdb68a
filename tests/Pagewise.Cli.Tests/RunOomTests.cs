using System.Text.Json;

namespace Pagewise.Cli.Tests;

/// <summary><c>pagewise run</c> when the modelled machine runs out of memory.</summary>
public sealed class RunOomTests
{
    private const string Recording = """
        100 execve("/bin/app", ["app"], 0x7ffe00000000 /* 0 vars */) = 0
        100 openat(AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY) = 3</proc/100/oom_score_adj>
        100 write(3</proc/100/oom_score_adj>, "300", 3) = 3
        100 mmap(NULL, 67108864, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x7f0000000000
        100 touch(0x7f0000000000, 67108864, W) = 0
        100 munmap(0x7f0000000000, 67108864) = 0
        100 exit_group(0) = ?
        """;

    [Theory]
    [InlineData("6.1", "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name")]
    [InlineData("6.18", "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name")]
    public void TheKernelsReportIsWrittenAndReadBack(string kernel, string heading)
    {
        using var recording = new TemporaryFile(Recording);
        using var dmesg = new TemporaryFile("");
        CommandRun run = CommandRun.Of("run", recording.Path, "--set", "memory=32M", "--set", $"kernel={kernel}", "--dmesg", dmesg.Path, "--json");
        run.Status.ShouldBe(0, run.Error);
        run.Error.ShouldContain("passed over (2 times)");
        JsonElement kill = JsonDocument.Parse(run.Output).RootElement.GetProperty("oomKills")[0];
        kill.GetProperty("victimPid").GetInt32().ShouldBe(100);
        kill.GetProperty("notes").GetArrayLength().ShouldBe(0);
        string log = File.ReadAllText(dmesg.Path);
        log.ShouldContain(heading);
        log.ShouldContain("oom_score_adj:300");
        CommandRun explained = CommandRun.Of("oom", "--explain", dmesg.Path, "--json");
        JsonElement answer = JsonDocument.Parse(explained.Output).RootElement[0];
        answer.GetProperty("victimPid").GetInt32().ShouldBe(100);
        answer.GetProperty("processes")[0].GetProperty("points").GetInt64().ShouldBe(kill.GetProperty("processes")[0].GetProperty("points").GetInt64());
    }

    [Fact]
    public void APanicEndsTheReplayAndSaysSo()
    {
        using var recording = new TemporaryFile(Recording);
        CommandRun run = CommandRun.Of("run", recording.Path, "--set", "memory=32M", "--set", "vm.panic_on_oom=1");
        run.Status.ShouldBe(0, run.Error);
        run.Error.ShouldContain("the kernel panicked (Out of memory: system-wide panic_on_oom is enabled)");
        run.Output.ShouldContain("Nobody was killed: Kernel panic");
    }
}
