using Pagewise.Abi;
using Pagewise.Kernel.Oom;
using Pagewise.Procfs;

namespace Pagewise.Conformance.Tests;

/// <summary>/proc/PID/oom_score of every process of this host, computed from its other files and as the live kernel shows it.</summary>
public class OomScoreConformanceTests
{
    private const int Tries = 5;

    /// <summary>Processes that change between the reading of two files are looked at again; one that always differs is named.</summary>
    [Fact]
    public void TheOomScoreOfEveryProcessIsTheLiveKernels()
    {
        KernelVersion.TryParse(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), out KernelVersion kernel).ShouldBeTrue();
        var badness = new OomBadness(kernel);
        Meminfo memory = Meminfo.Parse(File.ReadAllText("/proc/meminfo"));
        long total = ((memory["MemTotal"] ?? 0) + (memory["SwapTotal"] ?? 0)) >> 2;
        var same = new HashSet<int>();
        var different = new Dictionary<int, string>();
        for (int i = 0; i < Tries; i++)
        {
            different.Clear();
            foreach (HostProcess process in HostProcesses.Read("/proc"))
            {
                long? points = process.Candidate.Exempt is null ? badness.Points(process.Candidate.Pages, process.Candidate.OomScoreAdj, total, process.Candidate.IsRoot) : null;
                int score = badness.Score(points, total);
                if (process.OomScore is { } shown && shown != score && !same.Contains(process.Candidate.Pid))
                    different[process.Candidate.Pid] = $"{process.Candidate.Comm} ({process.Candidate.Pid}): {score}, the kernel says {shown}";
                else
                    same.Add(process.Candidate.Pid);
            }
        }

        different.Values.ShouldBeEmpty();
        same.Count.ShouldBeGreaterThan(3);
    }
}
