using Pagewise.Abi;

namespace Pagewise.Procfs.Tests;

/// <summary>What the files say, field by field, and where a wrong one is refused.</summary>
public class FileTests
{
    [Fact]
    public void ATaskStatHoldsTheFieldsByNameAndByNumber()
    {
        var stat = new TaskStat
        {
            Pid = 42,
            Comm = "a (b) c",
            ParentPid = 7,
            MinorFaults = 100,
            MajorFaults = 2,
            Threads = 3,
            VsizeBytes = 405504,
            RssPages = 9,
            RssLimitBytes = ulong.MaxValue,
            StartCode = 0x401000,
            StartBrk = 0x405000,
            EnvEnd = 0x7fffffffefe1,
        };
        var read = TaskStat.Parse(stat.ToString());
        read.ToString().ShouldBe(stat.ToString());
        read.Comm.ShouldBe("a (b) c");
        read.RssLimitBytes.ShouldBe(ulong.MaxValue);
        read[20].ShouldBe(3);
        read[51].ShouldBe(0x7fffffffefe1);
    }

    [Fact]
    public void TheFilesOfThisProcessAgreeWithEachOther()
    {
        var stat = TaskStat.Parse(File.ReadAllText("/proc/self/stat"));
        var status = StatusFile.Parse(File.ReadAllText("/proc/self/status"));
        stat.Pid.ShouldBe(Environment.ProcessId);
        stat.EndCode.ShouldBeGreaterThan(stat.StartCode);
        status["Name"].ShouldBe(Comm.Parse(File.ReadAllText("/proc/self/comm")).Name);
        status.Vm.VmSize.ShouldBeGreaterThan(status.Vm.VmRss);
        LimitsFile.Parse(File.ReadAllText("/proc/self/limits")).Limits[RlimitResource.Stack].Current.ShouldBeGreaterThan(0ul);
        Cmdline.Parse(File.ReadAllText("/proc/self/cmdline")).Arguments[0].ShouldNotBeEmpty();
        MapsFile.Parse(File.ReadAllText("/proc/self/maps")).Lines.ShouldContain(line => line.Name == "[stack]");
    }

    [Fact]
    public void AProgramThatOverwritesItsArgumentsHasNoZeroAtTheEnd()
    {
        Cmdline.Parse("sshd: a [priv]").ShouldSatisfyAllConditions(line => line.IsEnded.ShouldBeFalse(), line => line.Arguments.ShouldBe(["sshd: a [priv]"]));
        Cmdline.Parse("a\0b\0").Arguments.ShouldBe(["a", "b"]);
        Cmdline.Parse("").Arguments.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("MemTotal 4 kB\n", "meminfo:1:1: expected a field's name and \":\"")]
    [InlineData("MemTotal: -4 kB\n", "meminfo:1:11: expected a number from 0 to 9223372036854775807, found \"-4\"")]
    [InlineData("MemTotal: 4 kB", "meminfo:1:15: expected the line's end")]
    [InlineData("MemTotal: 4 kB\nMemFree: 4\n", "meminfo:2:11: expected \"kB\"")]
    [InlineData("", "meminfo:1:1: expected a field's name and \":\"")]
    public void AWrongMeminfoIsRefusedWithItsPlace(string text, string message) =>
        Should.Throw<ProcfsException>(() => Meminfo.Parse(text)).Message.ShouldBe(message);

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("Node 0, zone      DMA\n", 2, 1)]
    [InlineData("Node x, zone      DMA\n", 1, 6)]
    [InlineData("Node 0, zone      DMA\n  pages free     many\n", 2, 18)]
    public void AWrongZoneinfoIsRefusedWithItsPlace(string text, int line, int column)
    {
        ProcfsException refused = Should.Throw<ProcfsException>(() => Zoneinfo.Parse(text));
        (refused.Line, refused.Column).ShouldBe((line, column));
    }

    [Fact]
    public void AWrongLineOfSmapsIsRefusedWithItsPlace() =>
        Should.Throw<ProcfsException>(() => Smaps.Parse("00400000-00401000 r--p 00000000 00:00 0 \nSize:                  4 kB\nRss:                four kB\n"))
            .Message.ShouldBe("smaps:3:21: expected a number from 0 to 9223372036854775807, found \"four\"");
}
