using Pagewise.Replay.Checking;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests;

/// <summary>The recorded experiments, each replayed from its start state.</summary>
public sealed class ExperimentCheckTests
{
    [Theory]
    [InlineData("seqtouch_w64")]
    [InlineData("seqtouch_w64.rep1")]
    [InlineData("seqtouch_r64")]
    [InlineData("seqtouch_w64_thp")]
    [InlineData("trace_seqtouch_w8")]
    [InlineData("forkcow_32")]
    [InlineData("forkcow_32.rep1")]
    [InlineData("numa_interleave")]
    [InlineData("numa_default")]
    [InlineData("cyclic24_fits")]
    [InlineData("madv_32_swap")]
    [InlineData("seqtouch_w72_swap")]
    [InlineData("seqtouch_w72_swap.rep1")]
    [InlineData("seqtouch_w72_swap.rep2")]
    [InlineData("trace_reclaim_w52")]
    [InlineData("cyclic56_pc0")]
    [InlineData("cyclic56_pc0.rep1")]
    [InlineData("cyclic56_pc0.rep2")]
    [InlineData("cyclic56_zram")]
    [InlineData("trace_oom")]
    [InlineData("wb_bgonly")]
    [InlineData("wb_centisecs0")]
    [InlineData("mixed24_100_noswap")]
    [InlineData("ra_read")]
    [InlineData("ra_mmap")]
    [InlineData("wb_exact")]
    [InlineData("wb_throttle")]
    [InlineData("press_w64_a24")]
    [InlineData("mixed38_100_sw60")]
    [InlineData("mixed38_100_sw60.rep1")]
    [InlineData("mixed38_100_sw60.rep2")]
    [InlineData("oom_noswap")]
    [InlineData("oom_noswap.rep1")]
    [InlineData("oom_noswap.rep2")]
    [InlineData("oom_equal")]
    [InlineData("hotcold_12_80")]
    [InlineData("oom_swap64")]
    [InlineData("oom_swap64.rep1")]
    [InlineData("oom_swap64.rep2")]
    [InlineData("filemmap64_norm")]
    [InlineData("host_live")]
    [InlineData("vmaops")]
    [InlineData("overcommit_noswap")]
    [InlineData("oomscore_noswap")]
    [InlineData("memcg_mkdir_percpu")]
    [InlineData("memcg_cyclic42_max32")]
    [InlineData("memcg_fileread64_max32")]
    [InlineData("memcg_high16_swap")]
    [InlineData("memcg_lowermax_noswap")]
    [InlineData("memcg_move_remove")]
    [InlineData("memcg_oom_anon")]
    [InlineData("memcg_oom_group")]
    [InlineData("memcg_oom_two_adj")]
    [InlineData("memcg_prot_none_anon")]
    [InlineData("memcg_prot_low_anon")]
    [InlineData("memcg_prot_min_anon")]
    [InlineData("memcg_reclaim_write")]
    [InlineData("fileread96_ra")]
    [InlineData("trace_file_w64")]
    [InlineData("wmark_128m")]
    [InlineData("wmark_256m")]
    [InlineData("wmark_1024m")]
    [InlineData("wmark_numa_256_512")]
    public void EveryExpectationOfAnExperimentHolds(string experiment)
    {
        CheckResult result = Check(experiment);
        result.Differences.ShouldBeEmpty();
        result.Results.ShouldBeGreaterThanOrEqualTo(40);
    }

    [Fact]
    public void OfMemcgChargesOnlyPagesThatItsLogLeavesOutDiffer()
    {
        // Copies that the forked children and their parent in /b make of their own pages, and one fault of /d that charges nothing.
        string[] fromTheLog = ["memory.current", "memory.peak", "memory.stat.anon", "memory.stat.inactive_anon", "memory.stat.unevictable", "memory.stat.pgfault"];
        foreach (Difference difference in Check("memcg_charges").Differences)
        {
            string metric = difference.What.Split(' ')[^1];
            (metric == "cgroup.d.memory.stat.pgfault" || fromTheLog.Contains(metric.Replace("cgroup.b.", "", StringComparison.Ordinal))).ShouldBeTrue(difference.What);
        }
    }

    [Fact]
    public void TheLimitsThatAProgramFoundAreFoundAgain()
    {
        CheckResult result = Check("limits");
        result.Differences.ShouldBeEmpty();
        result.Results.ShouldBe(10);
    }

    [Theory]
    [InlineData("", "expect.tsv")]
    [InlineData("at\tmetric\n", "expect.tsv")]
    [InlineData("at\tmetric\tkind\texpected\ttolerance\tnote\nend\tx\texactly\t1\t0\t\n", "expect.tsv")]
    [InlineData("at\tmetric\tkind\texpected\ttolerance\tnote\nend\tx\texact\t1\t0\t\n", "workload.log")]
    public void ADirectoryThatIsNoExperimentIsToldInOneLine(string expectations, string file)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pagewise");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "expect.tsv"), expectations);
            RecordingException exception = Should.Throw<RecordingException>(() => Checker.Check(directory.FullName));
            exception.Message.ShouldContain(file);
            exception.Message.ShouldNotContain("\n");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static CheckResult Check(string experiment) => Checker.Check(Path.Combine(Repository.Oracle, "guest", experiment));
}
