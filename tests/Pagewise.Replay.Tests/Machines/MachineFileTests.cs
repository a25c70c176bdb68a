using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
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
    [InlineData("limits:\n  core: 1 MiB", "m.yaml:2:3: unknown key 'core'")]
    [InlineData("costs_ns:\n  minor_fault: NaN", "m.yaml:2:16: costs_ns.minor_fault: expected nanoseconds")]
    [InlineData("sysctl:\n  vm.swappiness_of_cats: 1", "m.yaml:2:3: unknown key 'vm.swappiness_of_cats'")]
    [InlineData("- memory", "m.yaml:1:1: expected 'key: value' lines")]
    [InlineData("memory", "m.yaml:1:1: expected 'key: value' lines")]
    [InlineData("a: &x 1\nb: *x", "m.yaml:1:1: unknown key 'a'")]
    [InlineData("memory: &x 1 GiB", "m.yaml:1:9: anchors are not allowed")]
    [InlineData("limits: &l\n  stack: 8 MiB", "m.yaml:1:9: anchors are not allowed")]
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
