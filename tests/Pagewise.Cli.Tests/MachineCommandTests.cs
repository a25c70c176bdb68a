namespace Pagewise.Cli.Tests;

/// <summary><c>pagewise machine</c>.</summary>
public sealed class MachineCommandTests
{
    [Fact]
    public void WatermarksFollowTheSysctls()
    {
        CommandRun run = CommandRun.Of("machine", "watermarks", "--set", "memory=1GiB", "--set", "vm.min_free_kbytes=65536", "--set", "vm.watermark_scale_factor=100");
        run.Status.ShouldBe(0);
        run.Output.ShouldContain("vm.min_free_kbytes = 65536, vm.watermark_scale_factor = 100");
        run.Output.ShouldContain("n0.DMA32");
    }

    [Fact]
    public void AMachineIsShownWithItsZonesAndFreeBlocks()
    {
        CommandRun run = CommandRun.Of("machine", "show", "--set", "memory=4GiB");
        run.Status.ShouldBe(0);
        run.Output.ShouldContain("zonelist of node 0: n0.Normal n0.DMA32 n0.DMA");
        run.Output.ShouldContain("free blocks of order 0");
    }

    [Fact]
    public void AHostIsCapturedAsAMachineFileThatMakesItsZones()
    {
        Assert.SkipUnless(File.Exists("/proc/zoneinfo"), "no /proc/zoneinfo here");
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            CommandRun.Of("machine", "capture", "-o", file).Status.ShouldBe(0);
            CommandRun run = CommandRun.Of("machine", "watermarks", file);
            run.Error.ShouldBe("");
            run.Status.ShouldBe(0);
            run.Output.ShouldContain("n0.DMA");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("zones.n0.DMA=1 2 3", "expected")]
    [InlineData("zones.n0.Nowhere=1 2 2 2", "unknown key")]
    [InlineData("zones.n99.DMA=1 2 2 2", "unknown key")]
    [InlineData("nodes=1MiB,", "expected")]
    [InlineData("vm.lowmem_reserve_ratio=1 2 3 4 5 6", "expected")]
    [InlineData("zones.n0.DMA=1 10 10 0", "no such machine")]
    public void AWrongSettingIsToldInOneLine(string setting, string message)
    {
        CommandRun run = CommandRun.Of("machine", "show", "--set", setting);
        run.Status.ShouldBe(2);
        run.Error.ShouldContain(message);
        run.Error.TrimEnd().ShouldNotContain("\n");
    }

    [Fact]
    public void WithoutAZoneinfoThereIsNothingToCapture()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pagewise");
        try
        {
            CommandRun run = CommandRun.Of("machine", "capture", "--proc", directory.FullName);
            run.Status.ShouldBe(2);
            run.Error.ShouldContain("zoneinfo");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
