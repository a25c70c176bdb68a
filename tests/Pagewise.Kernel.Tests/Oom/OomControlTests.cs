using Pagewise.Abi;
using Pagewise.Kernel.Oom;

namespace Pagewise.Kernel.Tests.Oom;

public class OomControlTests
{
    private static readonly OomBadness Badness = new(new KernelVersion(6, 1));

    [Fact]
    public void TheVictimIsTheFirstOfTheOrder()
    {
        var control = new OomControl(Badness, 100_000, [Process(1, 900, 0) with { Exempt = "init" }, Process(5, 300, 0), Process(6, 200, 2), Process(7, 800, -1000), Process(8, 400, 0)]);
        control.Victim()!.Pid.ShouldBe(8);
        control.Order(10).Select(one => one.Pid).ShouldBe([8, 6, 5]);
        control.AdjustmentPages(control.Candidates[2]).ShouldBe(200);
    }

    [Fact]
    public void WithNobodyToKillThereIsNoVictim()
    {
        new OomControl(Badness, 1000, [Process(7, 800, -1000)]).Victim().ShouldBeNull();
        new OomControl(Badness, 1000, []).Order(3).ShouldBeEmpty();
    }

    [Fact]
    public void TheOrderIsThatOfKillingOneAfterTheOther()
    {
        var random = new Random(3);
        foreach (KernelVersion kernel in (KernelVersion[])[new(4, 19), new(6, 1)])
        {
            for (int round = 0; round < 200; round++)
            {
                OomCandidate[] processes = [.. Enumerable.Range(1, random.Next(1, 12)).Select(pid => Process(pid, random.Next(6), random.Next(-2, 3) * 500))];
                var control = new OomControl(new OomBadness(kernel), 4000, processes);
                var killed = new List<OomCandidate>();
                for (OomControl left = control; left.Victim() is { } victim; left = left with { Candidates = [.. left.Candidates.Where(one => one != victim)] })
                    killed.Add(victim);
                control.Order(processes.Length).ShouldBe(killed);
            }
        }
    }

    [Fact]
    public void TheSparingAdjustmentIsTheLargestThatSpares()
    {
        var random = new Random(4);
        for (int round = 0; round < 200; round++)
        {
            OomCandidate[] processes = [.. Enumerable.Range(1, random.Next(2, 8)).Select(pid => Process(pid, random.Next(50_000), random.Next(-999, 1001)))];
            var control = new OomControl(Badness, 100_000, processes);
            OomCandidate victim = control.Victim()!;
            int adj = control.SparingScoreAdj(victim)!.Value;
            IsSpared(adj).ShouldBeTrue();
            if (adj < victim.OomScoreAdj)
                IsSpared(adj + 1).ShouldBeFalse();

            bool IsSpared(int value) => (control with { Candidates = [.. processes.Select(one => one == victim ? one with { OomScoreAdj = value } : one)] }).Victim()!.Pid != victim.Pid;
        }
    }

    private static OomCandidate Process(int pid, long pages, int adj) => new(pid, $"p{pid}", pages, 0, 0, adj);
}
