using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;
using Pagewise.Replay.Machines;

namespace Pagewise.Replay.Tests.Machines;

public sealed class MachineFileTests
{
    [Fact]
    public void AFileChangesWhatItSaysAndNothingElse()
    {
        var before = new MachineSpec { Uid = 7 };
        MachineSpec spec = MachineFile.Apply(before, "m.yaml", """
            # a comment
            kernel: 6.1
            memory: 256 MiB
            page_tables: x86-pae
            sysctl:
              vm.overcommit_memory: 2
            limits:
              stack: unlimited
            costs_ns:
              minor_fault: 500.5
            """);
        spec.Kernel.ShouldBe(new KernelVersion(6, 1));
        spec.MemoryBytes.ShouldBe(256ul << 20);
        spec.Format.ShouldBe(PageTableFormat.X86Pae);
        spec.OvercommitMemory.ShouldBe(2);
        spec.Limits[RlimitResource.Stack].Current.ShouldBe(Rlimit.Infinity);
        spec.CostsNs["minor_fault"].ShouldBe(500.5);
        spec.Uid.ShouldBe(7u);
        spec.Limits[RlimitResource.MemLock].ShouldBe(before.Limits[RlimitResource.MemLock]);
    }

    [Theory]
    [InlineData("memorie: 1 GiB", "m.yaml:1:1: unknown key 'memorie'")]
    [InlineData("kernel: 6.18\nmemory: 17 TiB", "m.yaml:2:9: memory: expected a size from 1 MiB to 16 TiB")]
    [InlineData("memory: 0", "m.yaml:1:9: memory: expected a size")]
    [InlineData("memory: 99999999999999999999999 GiB", "m.yaml:1:9: memory: expected a size")]
    [InlineData("memory: -1", "m.yaml:1:9: memory: expected a size")]
    [InlineData("memory: 1 GiB\nmemory: 2 GiB", "m.yaml:2:1: 'memory' is given twice")]
    [InlineData("cpus: [1, 2]", "m.yaml:1:7: expected a number from 1 to 64")]
    [InlineData("cpus: 1e9", "m.yaml:1:7: cpus: expected a number from 1 to 64")]
    [InlineData("limits:\n  core: 1 MiB", "m.yaml:2:3: unknown key 'core'; known keys are stack, data, as, memlock")]
    [InlineData("costs_ns:\n  minor_fault: NaN", "m.yaml:2:16: costs_ns.minor_fault: expected nanoseconds")]
    [InlineData("sysctl:\n  vm.swappiness_of_cats: 1", "m.yaml:2:3: unknown key 'vm.swappiness_of_cats'")]
    [InlineData("- memory", "m.yaml:1:1: expected 'key: value' lines")]
    [InlineData("memory", "m.yaml:1:1: expected 'key: value' lines")]
    [InlineData("a: &x 1\nb: *x", "m.yaml:1:4: anchors and aliases are not allowed")]
    [InlineData("memory: &x 1 GiB", "m.yaml:1:9: anchors and aliases are not allowed")]
    [InlineData("limits: &l\n  stack: 8 MiB", "m.yaml:1:9: anchors and aliases are not allowed")]
    [InlineData("memory: 'unclosed", "m.yaml:1:")]
    [InlineData("kernel: 6.18\n---\nkernel: 6.1", "m.yaml:2:1: expected one document")]
    [InlineData("\0\u0001\u0002binary", "m.yaml:1:")]
    public void AWrongFileIsAMessageWithItsPlace(string text, string message)
    {
        MachineFileException exception = Should.Throw<MachineFileException>(() => MachineFile.Apply(new MachineSpec(), "m.yaml", text));
        exception.Message.ShouldStartWith(message);
        exception.Message.ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("memori: 1 GiB", "the nearest is 'memory'")]
    [InlineData("cpu_s: 1", "the nearest is 'cpus'")]
    [InlineData("blok_devices:\n  vda: nvme", "the nearest is 'block_devices'")]
    [InlineData("sysctl:\n  vm.overcomit_memory: 1", "m.yaml:2:3: unknown key 'vm.overcomit_memory'; the nearest is 'vm.overcommit_memory'")]
    [InlineData("limits:\n  stak: 1", "m.yaml:2:3: unknown key 'stak'; the nearest is 'stack'")]
    [InlineData("block_devices:\n  vda:\n    quue_depth: 1", "m.yaml:3:5: unknown key 'quue_depth'; the nearest is 'queue_depth'")]
    [InlineData("cgroups:\n  /web: { memory.mx: 1 }", "m.yaml:2:11: unknown key 'memory.mx'; the nearest is 'memory.max'")]
    [InlineData("cgroups:\n  /web: { resources: { limits: { memori: 1 } } }", "unknown key 'resources.limits.memori'; the nearest is 'resources.limits.memory'")]
    [InlineData("cgroups:\n  /web: 300M", "m.yaml:2:9: cgroups./web: expected a mapping of memory.max")]
    [InlineData("cgroups:\n  a/../b: { memory.max: 1 }", "m.yaml:2:13: unknown key 'memory.max'")]
    [InlineData("cgroups:\n  /web: { mem_limit: 100m, memswap_limit: 50m }", "m.yaml:2:43: cgroups./web.memswap_limit: expected memory and swap together")]
    [InlineData("memory: 1 GiB\nnodes: [1 GiB, 1 GiB]", "m.yaml:2:1: 'nodes' beside 'memory'")]
    [InlineData("zones:\n  n0.DMA32: 1 2 3", "m.yaml:2:13: zones.n0.DMA32: expected start_pfn")]
    [InlineData("block_devices:\n  vda: { bandwidth: 0 }", "m.yaml:2:21: block_devices.vda.bandwidth: expected bytes a second")]
    public void ANameThatWasMeantIsNamed(string text, string message) =>
        Should.Throw<MachineFileException>(() => MachineFile.Apply(new MachineSpec(), "m.yaml", text)).Message.ShouldContain(message);

    [Fact]
    public void BlockDevicesBeginWithTheirPresetWhereverItStands()
    {
        MachineSpec spec = MachineFile.Apply(new MachineSpec(), "m.yaml", """
            block_devices:
              vda: nvme
              vdb:
                read_latency: 1.5 ms
                preset: hdd
                write_bandwidth: 90 MB/s
                queue_depth: 4
            """);
        spec.BlockDevices.ShouldBe(
        [
            BlockDeviceSpec.Find("nvme")! with { Name = "vda" },
            BlockDeviceSpec.Find("hdd")! with { Name = "vdb", ReadLatencyNs = 1.5e6, WriteBytesPerSecond = 90e6, QueueDepth = 4 },
        ]);
    }

    [Theory]
    [InlineData("/web: { memory.max: 300M, memory.high: max }")]
    [InlineData("web: { memory.max: 314572800 }")]
    [InlineData("/web: { mem_limit: 300m }")]
    [InlineData("/web: { memory: 300m }")]
    [InlineData("/web: { memory: { max: 300M } }")]
    [InlineData("/web: { deploy: { resources: { limits: { memory: 300M } } } }")]
    [InlineData("/web: { resources: { limits: { memory: 300Mi } } }")]
    [InlineData("/web: { limits.memory: 314572.8k }")]
    public void ACgroupsLimitHasManyNames(string entry) =>
        MachineFile.Apply(new MachineSpec(), "m.yaml", "cgroups:\n  " + entry).Cgroups.ShouldBe([new CgroupSpec("/web") { MemoryMax = 300 << 20 }]);

    [Fact]
    public void SwapOfDockerIsMemoryAndSwapTogether()
    {
        CgroupSpec group = MachineFile.Apply(new MachineSpec(), "m.yaml", "cgroups:\n  /a: { memswap_limit: 400m, mem_limit: 300m, mem_reservation: 50m, memory.oom.group: 1 }").Cgroups.ShouldHaveSingleItem();
        group.ShouldBe(new CgroupSpec("/a") { MemoryMax = 300 << 20, MemorySwapMax = 100 << 20, MemoryLow = 50 << 20, MemoryOomGroup = true });
    }

    /// <summary>What is left to programs on a machine of a plain size is what the recorded guests of that size had.</summary>
    [Theory]
    [InlineData("128M", "wmark_128m")]
    [InlineData("256 MiB", "wmark_256m")]
    [InlineData("1G", "wmark_1024m")]
    public void ABootedKernelHasTakenItsPartOfAPlainSize(string size, string experiment)
    {
        using Machine machine = Machine.Create(MachineFile.Apply(new MachineSpec(), "m.yaml", $"kernel: 6.1\nmemory: {size}\n"));
        Zoneinfo recorded = Zoneinfo.Parse(System.IO.File.ReadAllText(Path.Combine(Repository.Oracle, "guest", experiment, "before.zoneinfo")));
        foreach (ZoneSpec zone in SavedMemory.Zones(recorded))
            ((ulong)machine.Zones[ZoneTable.Index(zone.Node, zone.Type)].ManagedPages).ShouldBe(zone.ManagedPages, zone.Type.ToString());
        machine.Allocator.TotalPages.ShouldBe((ulong)SavedMemory.Zones(recorded).Sum(zone => (long)zone.ManagedPages));
    }

    [Theory]
    [InlineData("memory: 1 GiB\nkernel_image: 4 MiB")]
    [InlineData("kernel_image: 4 MiB\nmemory: 1 GiB")]
    public void WhatTheKernelKeepsCanBeStatedAnywhere(string text) => MachineFile.Apply(new MachineSpec(), "m.yaml", text).KernelBytes.ShouldBe(4ul << 20);

    [Theory]
    [InlineData("nodes: 256 MiB, 512 MiB")]
    [InlineData("nodes: [256M, 512M]")]
    public void NodesAreALineOrAList(string text) => MachineFile.Apply(new MachineSpec(), "m.yaml", text).NodeBytes.ShouldBe([256ul << 20, 512ul << 20]);

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("limits:\n")]
    public void AnEmptyFileChangesNothing(string text)
    {
        var spec = new MachineSpec();
        MachineFile.Apply(spec, "m.yaml", text).ShouldBe(spec);
    }

    [Theory]
    [InlineData("vm.overcommit_memory", "--set vm.overcommit_memory: expected key=value")]
    [InlineData("x=1", "--set x=1: unknown key 'x'")]
    [InlineData("vm.overcommit_memory=3", "--set vm.overcommit_memory=3: expected 0, 1 or 2")]
    public void AWrongSettingIsAMessage(string setting, string message) =>
        Should.Throw<MachineFileException>(() => MachineSetting.Set(new MachineSpec(), setting)).Message.ShouldStartWith(message);

    [Fact]
    public void TheMachinesThatShipAreRight()
    {
        string[] files = Directory.GetFiles(Path.Combine(Repository.Root, "machines"), "*.yaml");
        files.Length.ShouldBeGreaterThanOrEqualTo(3);
        foreach (string file in files)
            Should.NotThrow(() => MachineFile.Apply(new MachineSpec(), file));
    }
}
