using Pagewise.Abi;
using Pagewise.Procfs;

namespace Pagewise.Replay.Tests.Procfs;

public sealed class ProcFilesTests
{
    [Fact]
    public void AStatLineIsReadBackAsWritten()
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
            StartCode = 0x401000,
            EndCode = 0x402000,
            StartStack = 0x7fffffffe730,
            StartData = 0x403000,
            EndData = 0x404000,
            StartBrk = 0x405000,
            ArgStart = 0x7fffffffea4d,
            ArgEnd = 0x7fffffffea60,
            EnvStart = 0x7fffffffea60,
            EnvEnd = 0x7fffffffefe1,
        };
        TaskStat.TryParse(stat.ToString(), out TaskStat read).ShouldBeTrue();
        read.ShouldBe(stat);
    }

    [Fact]
    public void TheStatLineOfThisProcessIsRead()
    {
        TaskStat.TryParse(File.ReadAllText("/proc/self/stat"), out TaskStat stat).ShouldBeTrue();
        stat.Pid.ShouldBe(Environment.ProcessId);
        stat.VsizeBytes.ShouldBeGreaterThan(0ul);
        stat.EndCode.ShouldBeGreaterThan(stat.StartCode);
    }

    [Fact]
    public void TheVmLinesOfAStatusFileAreReadBackAsWritten()
    {
        var status = new StatusVm(396, 396, 4, 0, 12, 12, 24, 132, 4, 160, 28, 0);
        StatusVm.Parse(status.ToString()).ShouldBe(status);
        StatusVm live = StatusVm.Parse(File.ReadAllText("/proc/self/status"));
        live.VmSize.ShouldBeGreaterThan(live.VmRss);
        File.ReadAllText("/proc/self/status").ShouldContain($"VmPin:\t{live.VmPin,8} kB\n");
    }

    [Fact]
    public void TheLimitsOfThisProcessAreReadAndWrittenUnchanged()
    {
        string live = File.ReadAllText("/proc/self/limits");
        LimitsFile.Format(LimitsFile.Parse(live)).ShouldBe(live);
        LimitsFile.Parse(live).ShouldContainKey(RlimitResource.Stack);
    }
}
