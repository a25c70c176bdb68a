using Pagewise.Kernel;
using Pagewise.Kernel.Swap;
using Pagewise.Replay.Machines;

namespace Pagewise.Replay.Tests.Machines;

/// <summary>Swap areas of machine files.</summary>
public sealed class SwapAreaSettingsTests
{
    [Fact]
    public void AreasStandInTheirOrderWithTheirPriorities()
    {
        MachineSpec spec = MachineFile.Apply(new MachineSpec { SwapBytes = 1 << 20 }, "m.yaml", """
            block_devices:
              slow: hdd
              fast: nvme
            swap_areas:
              /dev/sda2: 64 MiB
              /swap/file: { size: 32 MiB, file: true, device: fast }
              zram0: { size: 16 MiB, zram: true, priority: 100 }
            """);
        spec.SwapAreas.Select(area => (area.Name, area.Pages, area.Priority, area.IsFile, area.IsSynchronous, area.Device)).ShouldBe(
        [
            ("/dev/sda2", 16384u, -2, false, false, null),
            ("/swap/file", 8192u, -3, true, false, "fast"),
            ("zram0", 4096u, 100, false, true, null),
        ]);
        spec.SwapBytes.ShouldBe((16383UL + 8191 + 4095) << 12);
        using Machine machine = Machine.Create(spec);
        machine.VmStat.TotalSwapPages.ShouldBe(16383 + 8191 + 4095);
        Procfs.Swaps.Of(machine).ToString().ShouldContain("/swap/file                              file\t\t32764\t\t0\t\t-3\n");
        // A plain size takes their place.
        MachineSetting.Set(spec, "swap=8M").SwapAreas.ShouldBeEmpty();
    }

    [Fact]
    public void ZswapHasItsParametersByTheirNames()
    {
        MachineSpec spec = MachineFile.Apply(new MachineSpec { SwapBytes = 1 << 20 }, "m.yaml", """
            zswap: { enabled: true, max_pool_percent: 30, accept_threshold_percent: 50, zpool: zsmalloc, compressor: lzo-rle, same_filled_pages_enabled: false }
            """);
        spec.Zswap.ShouldBe(new ZswapSettings { IsEnabled = true, MaxPoolPercent = 30, AcceptThresholdPercent = 50, IsZsmalloc = true, IsRle = true, KeepsSameFilled = false });
        MachineSetting.Set(spec, "zswap.enabled=false").Zswap.IsEnabled.ShouldBeFalse();
        using Machine machine = Machine.Create(spec);
        Procfs.Meminfo.Of(machine).ToString().ShouldContain("\nZswap:                 0 kB\nZswapped:              0 kB\n");
    }

    [Fact]
    public void AnAreaOnAFileOfTheHostGoesWithItsMachine()
    {
        string folder = Directory.CreateTempSubdirectory("pagewise").FullName;
        try
        {
            MachineSpec spec = MachineSetting.Set(MachineSetting.Set(new MachineSpec(), "swap_areas.a.size=1M"), $"swap_areas.a.directory={folder}");
            using (Machine.Create(spec))
                Directory.GetFiles(folder).Select(file => new FileInfo(file).Length).ShouldBe([1 << 20]);
            Directory.GetFiles(folder).ShouldBeEmpty();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void AFileThatIsThereIsNotTouched()
    {
        string path = Path.GetTempFileName();
        try
        {
            Should.Throw<MachineFileException>(() => new HostSwapFile(path, 16)).Message.ShouldContain("no swap file can be made there");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void PagesOfAFileThatWasCutAreErrors()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var store = new HostSwapFile(path, 16);
        byte[] page = new byte[4096];
        page.AsSpan().Fill(7);
        store.Write(3, page).ShouldBeTrue();
        store.Write(9, page).ShouldBeTrue();
        using (FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
            file.SetLength(8 << 12);
        store.Read(9, page).ShouldBeFalse();
        store.Write(9, page).ShouldBeFalse();
        store.Read(3, page).ShouldBeTrue();
        page.ShouldAllBe(value => value == 7);
    }

    [Theory]
    [InlineData("swap_areas.a.size=4096", "expected a size from 8 KiB")]
    [InlineData("swap_areas.a.priority=-1", "expected a number from 0 to 32767")]
    [InlineData("swap_areas.a.directory=/no/such/folder", "expected a directory of this host")]
    [InlineData("block_devices.d.read_errors=7-3", "expected sectors of 512 bytes")]
    public void AWrongValueIsNamed(string setting, string message) =>
        Should.Throw<MachineFileException>(() => MachineSetting.Set(new MachineSpec(), setting)).Message.ShouldContain(message);

    [Fact]
    public void AnAreaWithoutASizeOrADeviceThatIsNotThereCannotBe()
    {
        Should.Throw<ArgumentException>(() => Machine.Create(MachineSetting.Set(new MachineSpec(), "swap_areas.a.zram=true"))).Message.ShouldContain("swap area a: its size");
        MachineSpec spec = new() { SwapAreas = [new SwapAreaSpec(100) { Device = "none" }], SwapBytes = 99 << 12 };
        Should.Throw<ArgumentException>(() => Machine.Create(spec)).Message.ShouldContain("there is no block device none");
    }
}
