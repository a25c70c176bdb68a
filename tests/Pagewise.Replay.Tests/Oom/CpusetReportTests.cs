using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Hardware;
using Pagewise.Procfs.Oom;
using Pagewise.Replay.Oom;

namespace Pagewise.Replay.Tests.Oom;

/// <summary>The report of a modelled machine whose cpuset was short, read back as a log.</summary>
public sealed class CpusetReportTests
{
    private const ulong Base = 0x4000_0000;
    private const ulong Mib = 1 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(18)]
    public void TheReportNamesTheCpusetAndItsNodesWeigh(int minor)
    {
        using Machine machine = Machine.Create(new MachineSpec
        {
            Kernel = new(6, minor),
            MemoryBytes = 64 * Mib,
            NodeBytes = [32 * Mib, 32 * Mib],
            Cpus = 1,
            OvercommitMemory = 1,
            Cgroups = [new CgroupSpec("/jobs/batch") { CpusetMems = 0b10 }],
        });
        var log = new KernelLog(machine);
        machine.OomKiller.Sink = log;
        int outside = Start(machine, 10, "");
        machine.SystemCalls.WriteCgroup(outside, "/jobs", "cpuset.mems", "0").ShouldBe(SysResult.Ok);
        machine.SystemCalls.WriteCgroup(outside, "/jobs", "cpuset.mems", "").ShouldBe(SysResult.Ok);
        int hog = Start(machine, 11, "/jobs/batch");
        for (ulong page = 0; machine.VmStat.OomKill == 0; page++)
            _ = machine.Access(hog, Base + (page << 12), AccessKind.Write);

        OomReport report = OomReportReader.Read(log.Lines).ShouldHaveSingleItem();
        OomDecision decision = report.Decision.ShouldNotBeNull();
        (decision.Constraint, decision.NodeMask, decision.Cpuset, decision.MemsAllowed, decision.OomMemcg, decision.Pid)
            .ShouldBe(("CONSTRAINT_CPUSET", "(null)", "batch", "1", null, 11));
        report.Zones.Select(zone => zone.Node).Distinct().ShouldBe([1]);
        report.Tasks.Select(task => task.Pid).ShouldBe([10, 11]);
        ReportedOom.Of(report).Victim(report).ShouldNotBeNull().Pid.ShouldBe(11);
    }

    private static int Start(Machine machine, int pid, string home)
    {
        int task = machine.SystemCalls.CreateInitialTask(pid, "a");
        machine.SystemCalls.WriteCgroup(task, home, "cgroup.procs", "0").ShouldBe(SysResult.Ok);
        machine.SystemCalls.Mmap(task, Base, 64 * Mib, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0).Address.ShouldBe(Base);
        machine.Access(task, Base, AccessKind.Write).IsResolved.ShouldBeTrue();
        return task;
    }
}
