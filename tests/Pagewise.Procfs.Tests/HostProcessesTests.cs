using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.Oom;

namespace Pagewise.Procfs.Tests;

public sealed class HostProcessesTests : IDisposable
{
    private readonly string _proc = Directory.CreateTempSubdirectory("pagewise-test-").FullName;

    public void Dispose() => Directory.Delete(_proc, recursive: true);

    [Fact]
    public void AProcessIsReadFromItsFiles()
    {
        Add(4211, "Name:\tnpm start\nPPid:\t1\nCapEff:\t0000000000200000\nVmRSS:\t     808 kB\nRssAnon:\t     400 kB\nVmPTE:\t      52 kB\nVmSwap:\t      12 kB\n", "-17\n", "650\n", "12:memory:/old\n0::/web.slice\n");
        HostProcess process = HostProcesses.Read(_proc).ShouldHaveSingleItem();
        process.Candidate.ShouldBe(new OomCandidate(4211, "npm start", 202, 3, 13, -17) { IsRoot = true });
        process.OomScore.ShouldBe(650);
        process.AnonKib.ShouldBe(400);
        process.Cgroup.ShouldBe("/web.slice");
    }

    [Fact]
    public void KernelThreadsAndInitAreExempt()
    {
        Add(1, "Name:\tsystemd\nPPid:\t0\nVmRSS:\t     808 kB\n", "0\n", "0\n", "0::/init.scope\n");
        Add(2, "Name:\tkthreadd\nPPid:\t0\n", "0\n", "0\n", "0::/\n");
        HostProcesses.Read(_proc).Select(process => process.Candidate.Exempt).ShouldBe(["init", "no memory of its own"]);
    }

    [Fact]
    public void InANamespaceOfItsOwnProcess1IsAnOrdinaryOne()
    {
        Add(1, "Name:\tsh\nPPid:\t0\nVmRSS:\t     808 kB\n", "0\n", "0\n", "0::/\n");
        HostProcesses.Read(_proc).ShouldHaveSingleItem().Candidate.Exempt.ShouldBeNull();
    }

    [Fact]
    public void ProcessesWithoutAReadableStatusAreLeftOut()
    {
        Directory.CreateDirectory(Path.Combine(_proc, "77"));
        Directory.CreateDirectory(Path.Combine(_proc, "sys"));
        HostProcesses.Read(_proc).ShouldBeEmpty();
    }

    [Fact]
    public void ScoresOfThisHostAreAsTheKernelShowsThem()
    {
        Assert.SkipUnless(File.Exists("/proc/self/oom_score") && File.Exists("/proc/sys/kernel/osrelease"), "no /proc/PID/oom_score here");
        KernelVersion.TryParse(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), out KernelVersion kernel).ShouldBeTrue();
        Meminfo memory = Meminfo.Parse(File.ReadAllText("/proc/meminfo"));
        var control = new OomControl(new OomBadness(kernel), (memory["MemTotal"]!.Value + memory["SwapTotal"]!.Value) >> 2, []);
        // What a process that grew or ended meanwhile shows need not be of its figures: only those that stood still count.
        string[] wrong = [];
        for (int attempt = 0; attempt < 5; attempt++)
        {
            IReadOnlyList<HostProcess> read = HostProcesses.Read("/proc");
            HashSet<OomCandidate> still = [.. HostProcesses.Read("/proc").Select(process => process.Candidate)];
            read.Count(process => process.OomScore is not null && still.Contains(process.Candidate)).ShouldBePositive();
            wrong = [.. read.Where(process => process.OomScore is { } shown && still.Contains(process.Candidate) && IsWrong(process, shown)).Select(process => $"{process.Candidate} shows {process.OomScore}")];
            if (wrong.Length == 0)
                break;
        }

        wrong.ShouldBeEmpty();

        bool IsWrong(HostProcess process, int shown) => control.Badness.Score(control.Points(process.Candidate), control.TotalPages) != shown;
    }

    private void Add(int pid, string status, string adj, string score, string cgroup)
    {
        string directory = Directory.CreateDirectory(Path.Combine(_proc, pid.ToString(CultureInfo.InvariantCulture))).FullName;
        File.WriteAllText(Path.Combine(directory, "status"), status);
        File.WriteAllText(Path.Combine(directory, "oom_score_adj"), adj);
        File.WriteAllText(Path.Combine(directory, "oom_score"), score);
        File.WriteAllText(Path.Combine(directory, "cgroup"), cgroup);
    }
}
