using Pagewise.Kernel;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Procfs.Tests;

public class ProcTreeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(18)]
    public void WhatAMachineWritesIsReadBack(int minor)
    {
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new(6, minor), MemoryBytes = 256 << 20, SwapBytes = 1 << 30 });
        int task = machine.SystemCalls.CreateInitialTask(100, "program");
        task.ShouldNotBe(0);
        IReadOnlyDictionary<string, string> files = ProcTree.Of(machine).Files;
        foreach (ProcFile file in ProcFile.All)
        {
            if (files.TryGetValue(file.Name.Replace("self", "100", StringComparison.Ordinal), out string? text))
                file.Again(text).ShouldBe(text, file.Name);
        }

        Meminfo.Parse(files["meminfo"])["MemTotal"].ShouldBe((long)machine.Allocator.TotalPages << 2);
        Swaps.Parse(files["swaps"]).Devices.ShouldHaveSingleItem().SizeKib.ShouldBe(1 << 20);
        StatusFile.Parse(files["100/status"]).Vm.VmSize.ShouldBe(0ul);
        Statm.Parse(files["100/statm"]).Size.ShouldBe(0ul);
        OomScore.Parse(files["100/oom_score"]).Value.ShouldBe(666);
        TaskStat.Parse(files["100/stat"]).Comm.ShouldBe("program");
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
}
