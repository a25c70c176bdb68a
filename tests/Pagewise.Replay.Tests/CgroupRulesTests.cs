using System.Globalization;
using System.Text;
using Pagewise.Replay.Checking;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests;

/// <summary>
/// Figures that the recordings' description gives for workloads which are not among them (README-memcg.md, rules 9 and 10 and
/// the quirks): each is made from the start of one that is.
/// </summary>
public sealed class CgroupRulesTests
{
    private const string Ready = "# snapshot ready\n";

    [Fact]
    public void ReclaimOnDemandTakesSharesOfTheInactiveListUntilItHasEnough()
    {
        string start = StartOf("memcg_fileread64_max32").Replace("\"32M\", 3) = 3", "\"max\", 3) = 3", StringComparison.Ordinal);
        string log = start + Reads(154, 0, 8192) + Snapshot(153, "loaded") + Write(153, "a/memory.reclaim", "4M") + Snapshot(153, "r4");
        // 2 + 3 + 7 + 15 + 31 + 63 + 126 + 248 + 481 + 902 of 8192 pages.
        Check(
            "memcg_fileread64_max32",
            log,
            ["loaded cgroup.a.memory.stat.file " + Bytes(8193), "r4 cgroup.a.memory.stat.pgscan 1878", "r4 cgroup.a.memory.stat.pgsteal 1878", "r4 cgroup.a.memory.events.max 0"]);
    }

    [Fact]
    public void AnonymousPagesAreNotScannedWhileTheCacheCanGive()
    {
        string start = StartOf("memcg_fileread64_max32");
        const string open = "154 openat(AT_FDCWD, \"/data/big\"";
        start = start.Replace(open, $"154 mmap(0x200000000000, 20971520, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x200000000000\n{open}", StringComparison.Ordinal);
        string log = start + "154 touch(0x200000000000, 20971520, W) = 0\n" + Reads(154, 0, 16384) + Snapshot(153, "pass0");
        // 1 + 2 + 5 + 11 + 23 of 2986 pages, each time the limit refuses.
        Check(
            "memcg_fileread64_max32",
            log,
            ["pass0 cgroup.a.memory.events.max 319", "pass0 cgroup.a.memory.stat.pgscan " + (42 * 319), "pass0 cgroup.a.memory.stat.pgsteal " + (42 * 319), "pass0 cgroup.a.memory.stat.inactive_file " + Bytes(2986), "pass0 cgroup.a.memory.stat.anon 20971520"]);
    }

    [Fact]
    public void AProtectedCacheShrinksInProportionToWhatItHasAbove()
    {
        string start = StartOf("memcg_prot_low_anon");
        string opens = string.Concat(new[] { 147, 148, 149 }.Select(pid => $"{pid} openat(AT_FDCWD, \"/data/big\", O_RDONLY) = 7</data/big>\n{pid} fadvise64(7</data/big>, 0, 0, POSIX_FADV_RANDOM) = 0\n"));
        string drop = Write(146, "/proc/sys/vm/drop_caches", "1");
        start = start.Replace("# snapshot before\n", opens + drop + "# snapshot before\n", StringComparison.Ordinal);
        string log = start + Reads(147, 0, 5120) + Reads(148, 5120, 5120) + Snapshot(146, "loaded") + Reads(149, 10240, 10240) + Snapshot(146, "after");
        Check(
            "memcg_fileread64_max32",
            log,
            ["loaded cgroup.p/x.memory.stat.file " + Bytes(5121), "after cgroup.p/x.memory.stat.file " + Bytes(4593), "after cgroup.p/y.memory.stat.file " + Bytes(1854), "after cgroup.p/x.memory.events.low 0"]);
    }

    [Fact]
    public void EachBatchAboveHighThatCannotBeReclaimedCountsSeventeenTimes()
    {
        const int touched = 4096 + 512;
        string start = StartOf("memcg_high16_swap");
        string log = start + $"148 touch(0x200000000000, {touched * 4096}, W) = 0\n" + Snapshot(147, "pass0");
        // 4096 pages are allowed; used are those that were touched, 12 page tables, a PUD and a slab page.
        int batches = ((touched + 12 + 2 + 63) / 64) - (4096 / 64);
        Check("memcg_lowermax_noswap", log, ["pass0 cgroup.a.memory.events.high " + (17 * batches), "pass0 cgroup.a.memory.stat.anon " + Bytes(touched), "pass0 cgroup.a.memory.stat.pgscan 0"]);
    }

    private static string Bytes(long pages) => (pages * 4096).ToString(CultureInfo.InvariantCulture);

    // The log of an experiment up to where its cgroups are set up.
    private static string StartOf(string experiment)
    {
        string file = Path.Combine(Repository.Oracle, "guest", experiment, "workload.log");
        string log = Encoding.UTF8.GetString(InputFile.ReadAllBytes(File.Exists(file) ? file : file + ".xz", 1 << 24));
        return log[..(log.IndexOf(Ready, StringComparison.Ordinal) + Ready.Length)];
    }

    private static string Reads(int pid, int first, int count)
    {
        var text = new StringBuilder();
        for (int page = first; page < first + count; page++)
            text.Append(CultureInfo.InvariantCulture, $"{pid} pread64(7</data/big>, \"\"..., 4096, {page * 4096L}) = 4096\n");
        return text.ToString();
    }

    private static string Write(int pid, string file, string text)
    {
        string path = file.StartsWith('/') ? file : "/sys/fs/cgroup/" + file;
        return $"{pid} openat(AT_FDCWD, \"{path}\", O_WRONLY) = 6<{path}>\n{pid} write(6<{path}>, \"{text}\", {text.Length}) = {text.Length}\n{pid} close(6<{path}>) = 0\n";
    }

    // What the recorder does at each, so that counters are up to date.
    private static string Snapshot(int pid, string tag) =>
        $"{pid} touch(0x250000000000, 1048576, W) = 0\n{pid} madvise(0x250000000000, 1048576, MADV_DONTNEED) = 0\n# snapshot {tag}\n";

    private static void Check(string machine, string log, string[] expected)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pagewise");
        try
        {
            foreach (string file in Directory.GetFiles(Path.Combine(Repository.Oracle, "guest", machine)))
            {
                string name = Path.GetFileName(file);
                if (name.StartsWith("before.", StringComparison.Ordinal) || name is "env.txt" or "case.json")
                    File.CreateSymbolicLink(Path.Combine(directory.FullName, name), Path.GetFullPath(file));
            }

            File.WriteAllText(Path.Combine(directory.FullName, "workload.log"), log);
            IEnumerable<string> rows = expected.Select(one => one.Split(' ')).Select(one => $"{one[0]}\t{one[1]}\texact\t{one[2]}\t0\t\n");
            File.WriteAllText(Path.Combine(directory.FullName, "expect.tsv"), "at\tmetric\tkind\texpected\ttolerance\tnote\n" + string.Concat(rows));
            CheckResult result = Checker.Check(directory.FullName);
            result.Differences.ShouldBeEmpty();
            result.Results.ShouldBeGreaterThan(expected.Length);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
