using System.Text;
using Pagewise.Kernel;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Workloads.Tests;

namespace Pagewise.Procfs.Tests;

/// <summary>Files that are read and written give the same bytes: every capture of the experiments, and this host's.</summary>
public class RoundTripTests
{
    public static TheoryData<string> Meminfos => new(Oracle.Files("guest", "*.meminfo"));

    public static TheoryData<string> Vmstats => new(Oracle.Files("guest", "*.vmstat"));

    public static TheoryData<string> SwapFiles => new(Oracle.Files("guest", "*.swaps"));

    [Theory]
    [MemberData(nameof(Meminfos))]
    public void AMeminfoComesBack(string file) => Same(file, text => Meminfo.Parse(text).ToString());

    [Theory]
    [MemberData(nameof(Vmstats))]
    public void AVmstatComesBack(string file) => Same(file, text => Vmstat.Parse(text).ToString());

    [Theory]
    [MemberData(nameof(SwapFiles))]
    public void ASwapsFileComesBack(string file) => Same(file, text => Swaps.Parse(text).ToString());

    [Fact]
    public void TheHostsFilesComeBack()
    {
        Assert.SkipUnless(File.Exists("/proc/meminfo"), "no /proc here");
        (string Name, Func<string, string> Again)[] files =
        [
            ("meminfo", text => Meminfo.Parse(text).ToString()), ("vmstat", text => Vmstat.Parse(text).ToString()),
            ("swaps", text => Swaps.Parse(text).ToString()), ("zoneinfo", text => Zoneinfo.Parse(text).ToString()),
            ("self/statm", text => Statm.Parse(text).ToString()),
        ];
        foreach ((string name, Func<string, string> again) in files)
        {
            string text = File.ReadAllText("/proc/" + name);
            again(text).ShouldBe(text, name);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(18)]
    public void WhatAMachineWritesIsReadBack(int minor)
    {
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new(6, minor), MemoryBytes = 256 << 20, SwapBytes = 1 << 30 });
        int task = machine.SystemCalls.CreateInitialTask(100, "program");
        task.ShouldNotBe(0);
        var files = ProcTree.Files(machine).ToDictionary(StringComparer.Ordinal);
        Meminfo memory = Meminfo.Parse(files["meminfo"]);
        memory.ToString().ShouldBe(files["meminfo"]);
        memory["MemTotal"].ShouldBe((long)machine.Allocator.TotalPages << 2);
        Vmstat.Parse(files["vmstat"]).ToString().ShouldBe(files["vmstat"]);
        Swaps.Parse(files["swaps"]).Devices.ShouldHaveSingleItem().SizeKib.ShouldBe(1 << 20);
        Zoneinfo zones = Zoneinfo.Parse(files["zoneinfo"]);
        zones.ToString().ShouldBe(files["zoneinfo"]);
        Pagetypeinfo.Parse(files["pagetypeinfo"]).ToString().ShouldBe(files["pagetypeinfo"]);
        Buddyinfo.Parse(files["buddyinfo"]).ToString().ShouldBe(files["buddyinfo"]);
        files.ShouldContainKey("100/status");
        StatusVm.Parse(files["100/status"]).VmSize.ShouldBe(0ul);
        Statm.Parse(files["100/statm"]).Size.ShouldBe(0ul);
    }

    [Fact]
    public void AMachineBeginsAsTheSavedFilesOfAnotherEnded()
    {
        using Machine first = Machine.Create(new MachineSpec { MemoryBytes = 128 << 20 });
        // Half of it is in use: a snapshot places free blocks beside frames in use.
        for (int page = 0; page < 14000; page++)
            first.Allocator.AllocPages(Gfp.HighUserMovable, 0).ShouldNotBe(0u);
        Zoneinfo zones = LiveZones.Zoneinfo(first);
        MemorySnapshot snapshot = SavedMemory.Snapshot(zones, LiveZones.Pagetypeinfo(first));
        using Machine second = Machine.Create(new MachineSpec { MemoryBytes = 128 << 20, Cpus = 2, Memory = snapshot });
        LiveZones.Buddyinfo(second).ToString().ShouldBe(LiveZones.Buddyinfo(first).ToString());
        for (int zone = 0; zone < first.Zones.ZoneCount; zone++)
            second.Zones[zone].FreePages.ShouldBe(first.Zones[zone].FreePages);
    }

    [Theory]
    [InlineData("MemTotal 4 kB\n")]
    [InlineData("MemTotal: -4 kB\n")]
    [InlineData("MemTotal: 4 kB")]
    [InlineData("")]
    public void AWrongMeminfoIsRefusedWithItsLine(string text) =>
        Should.Throw<ProcfsException>(() => Meminfo.Parse(text)).Message.ShouldStartWith("meminfo:1: expected");

    private static void Same(string file, Func<string, string> again)
    {
        string text = Encoding.UTF8.GetString(Oracle.Plain(file));
        again(text).ShouldBe(text);
    }
}
