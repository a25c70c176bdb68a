using System.Text;
using Pagewise.Workloads.Tests;

namespace Pagewise.Procfs.Tests;

public class BuddyFilesTests
{
    private static readonly string Sample = Encoding.UTF8.GetString(Oracle.Plain("guest/wmark_128m/before.pagetypeinfo"));

    [Fact]
    public void CountsThatTheKernelCutShortAreKeptAsSuch()
    {
        string text = Sample.Replace("     0      0      1      1      1      1      0      1      4      1      2 ", "     0      0      1      1      1      1      0      1      4      1 >100000 ", StringComparison.Ordinal);
        Pagetypeinfo info = Pagetypeinfo.Parse(text);
        info.ToString().ShouldBe(text);
        info.Zones[1].Types[1].CappedOrders.ShouldBe(1 << 10);
    }

    [Fact]
    public void BlocksAreFoundByZoneAndType()
    {
        PagetypeinfoZone dma32 = Pagetypeinfo.Parse(Sample).Zones.Single(zone => zone.Name == "DMA32");
        PagetypeinfoType movable = dma32.Types.Single(type => type.Name == "Movable");
        movable.FreeBlocks.ShouldBe([0, 0, 1, 1, 1, 1, 0, 1, 4, 1, 2]);
        movable.Blocks.ShouldBe(40);
    }
}
