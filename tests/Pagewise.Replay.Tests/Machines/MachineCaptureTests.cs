using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;
using Pagewise.Replay.Machines;

namespace Pagewise.Replay.Tests.Machines;

/// <summary>A host as a machine file, and that file as a machine: its zones and marks are the host's.</summary>
public sealed class MachineCaptureTests
{
    [Fact]
    public void ThisHostComesBackFromItsCapture()
    {
        Assert.SkipUnless(File.Exists("/proc/zoneinfo"), "no /proc/zoneinfo here");
        string text = new MachineCapture("/proc", "/sys").Text();
        Compare(text, Zoneinfo.Parse(File.ReadAllText("/proc/zoneinfo")));
    }

    /// <summary>Captured after a sysctl was written: boot's own marks were computed from other sizes.</summary>
    [Theory]
    [InlineData("wmark_numa_256_512")]
    [InlineData("wmark_256m")]
    public void ASavedProcComesBackFromItsCapture(string experiment)
    {
        string directory = Path.Combine(Repository.Oracle, "guest", experiment);
        string[] snapshots = [.. Directory.GetFiles(directory, "minfree*.zoneinfo").Order(StringComparer.Ordinal)];
        snapshots.ShouldNotBeEmpty();
        foreach (string snapshot in snapshots)
        {
            DirectoryInfo proc = Directory.CreateTempSubdirectory("pagewise");
            try
            {
                Directory.CreateDirectory(Path.Combine(proc.FullName, "sys", "vm"));
                Directory.CreateDirectory(Path.Combine(proc.FullName, "sys", "kernel"));
                File.Copy(snapshot, Path.Combine(proc.FullName, "zoneinfo"));
                File.WriteAllText(Path.Combine(proc.FullName, "sys", "kernel", "osrelease"), "6.1.0-56-amd64\n");
                File.WriteAllText(Path.Combine(proc.FullName, "sys", "vm", "min_free_kbytes"), Path.GetFileName(snapshot)["minfree".Length..^".zoneinfo".Length] + "\n");
                Compare(new MachineCapture(proc.FullName, "/none").Text(), Zoneinfo.Parse(File.ReadAllText(snapshot)));
            }
            finally
            {
                proc.Delete(recursive: true);
            }
        }
    }

    private static void Compare(string text, Zoneinfo host)
    {
        using Machine machine = Machine.Create(MachineFile.Apply(new MachineSpec(), "captured.yaml", text));
        int compared = 0;
        foreach (ZoneinfoZone expected in host.Zones.Where(zone => zone.StartPfn is not null))
        {
            ZoneTypes.TryParse(expected.Name, out ZoneType type).ShouldBeTrue();
            ref Zone zone = ref machine.Zones[ZoneTable.Index(expected.Node, type)];
            string name = string.Create(CultureInfo.InvariantCulture, $"n{expected.Node}.{expected.Name}");
            (zone.StartPfn, zone.SpannedPages, zone.PresentPages, zone.ManagedPages).ShouldBe((expected.StartPfn!.Value, expected.Spanned, expected.Present, expected.Managed), name);
            (zone.Watermark[(int)Watermark.Min], zone.Watermark[(int)Watermark.Low], zone.Watermark[(int)Watermark.High]).ShouldBe((expected.Min, expected.Low, expected.High), name);
            compared++;
        }

        compared.ShouldBeGreaterThan(0);
    }
}
