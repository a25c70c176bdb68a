using Pagewise.Abi;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.Oom;

/// <summary>cpuset.mems: which nodes a cgroup's tasks take memory from, and who dies when those are short.</summary>
public sealed class CpusetTests
{
    private const ulong Base = 0x4000_0000;
    private const ulong Mib = 1 << 20;

    [Fact]
    public void PagesComeFromTheNodesOfTheCpuset()
    {
        using Machine machine = Create(new CgroupSpec("/a") { CpusetMems = 0b010 }, new CgroupSpec("/b") { CpusetMems = 0b101 });
        int task = Start(machine, 10, "/a");
        Touch(machine, task, 2);
        NodesOf(machine, task, 2).ShouldBe([0, 512, 0]);
        int other = Start(machine, 11, "/b");
        machine.SystemCalls.SetMempolicy(other, (ulong)MemPolicyMode.Bind, 0b110).ShouldBe(SysResult.Ok);
        Touch(machine, other, 2);
        NodesOf(machine, other, 2).ShouldBe([0, 0, 512]);
        machine.SystemCalls.SetMempolicy(other, (ulong)MemPolicyMode.Interleave, 0b111).ShouldBe(SysResult.Ok);
        machine.SystemCalls.Munmap(other, Base, 64 * Mib).ShouldBe(SysResult.Ok);
        Map(machine, other);
        Touch(machine, other, 2);
        NodesOf(machine, other, 2).ShouldBe([256, 0, 256]);
        machine.Validate();
    }

    [Fact]
    public void ACpusetIsAtMostWhatTheOneAboveHas()
    {
        using Machine machine = Create(new CgroupSpec("/a") { CpusetMems = 0b011 }, new CgroupSpec("/a/b") { CpusetMems = 0b110 });
        MemCgroups memcgs = machine.Memcgs;
        int above = memcgs.Find("/a"), below = memcgs.Find("/a/b");
        int plain = (int)memcgs.Create(below, "c").Raw;
        (memcgs.EffectiveMems(below), memcgs.EffectiveMems(plain), memcgs.CpusetOf(plain)).ShouldBe((0b010UL, 0b010UL, below));
        memcgs.WriteCpusetMems(above, "2").ShouldBe(SysResult.Ok);
        memcgs.EffectiveMems(plain).ShouldBe(0b100UL);
        // Nothing in common: all that the one above has.
        memcgs.WriteCpusetMems(below, "0-1").ShouldBe(SysResult.Ok);
        memcgs.EffectiveMems(plain).ShouldBe(0b100UL);
        memcgs.WriteCpusetMems(above, "").ShouldBe(SysResult.Ok);
        memcgs.EffectiveMems(plain).ShouldBe(0b011UL);
        foreach (string wrong in (string[])["3", "1-0", "x", "0,", "-1", "64"])
            memcgs.WriteCpusetMems(above, wrong).Errno.ShouldBe(Errno.EINVAL, wrong);
        memcgs.WriteCpusetMems(MemCgroups.Root, "0").Errno.ShouldBe(Errno.ENOENT);
    }

    [Fact]
    public void AMachineCannotBeginWithNodesThatItLacks() =>
        Should.Throw<ArgumentException>(() => Create(new CgroupSpec("/a") { CpusetMems = 0b1001 })).Message.ShouldContain("cpuset.mems 0,3");

    /// <summary>Node 1 is full: the largest process of all is on other nodes alone, and is not even in the table.</summary>
    [Fact]
    public void OnlyWhoMayUseTheNodesThatAreShortDies()
    {
        using Machine machine = Create(new CgroupSpec("/a") { CpusetMems = 0b010 }, new CgroupSpec("/b") { CpusetMems = 0b101 });
        var sink = new OomKillerTestSink { Machine = machine };
        machine.OomKiller.Sink = sink;
        int large = Start(machine, 10, "/b");
        int small = Start(machine, 11, "/a");
        int hog = Start(machine, 12, "/a");
        int shared = Start(machine, 13, "");
        Touch(machine, large, 40);
        Touch(machine, small, 4);
        Touch(machine, shared, 1);
        long otherNodes = Free(machine, 0) + Free(machine, 2);
        for (ulong page = 0; sink.Kills.Count == 0; page++)
            _ = machine.Access(hog, Base + (page << 12), AccessKind.Write);
        sink.Kills.ShouldBe([12]);
        OomDump dump = sink.Dumps.ShouldHaveSingleItem();
        (dump.Constraint, dump.NodeMask).ShouldBe((OomConstraint.Cpuset, 0UL));
        dump.Tasks.ShouldBe([small, hog, shared], ignoreOrder: true);
        dump.TotalPages.ShouldBe(PresentPages(machine, 1));
        // The hog's own page tables, once node 1 was full, came from wherever there was room.
        (otherNodes - Free(machine, 0) - Free(machine, 2)).ShouldBeInRange(-64, 64);
        machine.Validate();
    }

    private static Machine Create(params CgroupSpec[] cgroups) => Machine.Create(new MachineSpec
    {
        MemoryBytes = 96 * Mib,
        NodeBytes = [32 * Mib, 32 * Mib, 32 * Mib],
        Cpus = 1,
        OvercommitMemory = 1,
        Cgroups = cgroups,
    });

    private static int Start(Machine machine, int pid, string home)
    {
        int task = machine.SystemCalls.CreateInitialTask(pid, "a");
        machine.SystemCalls.WriteCgroup(task, home, "cgroup.procs", "0").ShouldBe(SysResult.Ok);
        Map(machine, task);
        return task;
    }

    private static void Map(Machine machine, int task) =>
        machine.SystemCalls.Mmap(task, Base, 64 * Mib, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0).Address.ShouldBe(Base);

    private static long[] NodesOf(Machine machine, int task, ulong mib)
    {
        long[] nodes = new long[3];
        for (ulong page = 0; page < mib * Mib >> 12; page++)
            nodes[machine.Lru.NodeOf(machine.FindFrame(machine.Tasks.Tasks[task].Mm, Base + (page << 12)))]++;
        return nodes;
    }

    private static long Free(Machine machine, int node) => Sum(machine, node, static (in Zone zone) => zone.FreePages);

    private static long PresentPages(Machine machine, int node) => Sum(machine, node, static (in Zone zone) => zone.PresentPages);

    private delegate long Figure(in Zone zone);

    private static long Sum(Machine machine, int node, Figure figure)
    {
        long sum = 0;
        for (int zone = 0; zone < machine.Zones.ZoneCount; zone++)
            sum += machine.Zones[zone].Node == node ? figure(in machine.Zones[zone]) : 0;
        return sum;
    }

    private static void Touch(Machine machine, int task, ulong mib)
    {
        for (ulong page = 0; page < mib * Mib >> 12; page++)
            machine.Access(task, Base + (page << 12), AccessKind.Write).IsResolved.ShouldBeTrue();
    }
}
