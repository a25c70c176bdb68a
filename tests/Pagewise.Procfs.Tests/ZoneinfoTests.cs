using System.Text;
using Pagewise.Workloads.Tests;

namespace Pagewise.Procfs.Tests;

public class ZoneinfoTests
{
    private static readonly string Sample = Encoding.UTF8.GetString(Oracle.Plain("guest/wmark_numa_256_512/before.zoneinfo"));

    [Fact]
    public void AZoneHasItsFiguresAndCounters()
    {
        ZoneinfoZone zone = Zoneinfo.Parse(Sample).Zones.Single(zone => zone is { Node: 0, Name: "DMA32" });
        zone.Free.ShouldBe(43025);
        zone.Managed.ShouldBe(48988);
        zone.StartPfn.ShouldBe(4096u);
        zone.Protection.ShouldBe([0, 0, 0, 0, 0]);
        zone.Pagesets.Select(set => set.Batch).ShouldBe([15, 15]);
        zone.Stat("nr_free_pages").ShouldBe(43025);
    }
}
