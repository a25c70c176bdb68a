using System.Text;
using Pagewise.Workloads.Tests;

namespace Pagewise.Procfs.Tests;

public class BuddyFilesTests
{
    private static readonly string Sample = Encoding.UTF8.GetString(Oracle.Plain("guest/wmark_128m/before.pagetypeinfo"));

    [Fact]
    public void EveryRecordedFileIsWrittenBackByteForByte()
    {
        foreach (string file in Oracle.Files("guest", "*.buddyinfo"))
        {
            string text = Encoding.UTF8.GetString(Oracle.Plain(file));
            Buddyinfo.Parse(text).ToString().ShouldBe(text, file);
        }

        foreach (string file in Oracle.Files("guest", "*.pagetypeinfo"))
        {
            string text = Encoding.UTF8.GetString(Oracle.Plain(file));
            Pagetypeinfo.Parse(text).ToString().ShouldBe(text, file);
        }
    }

    [Fact]
    public void TheHostsBuddyinfoIsWrittenBackByteForByte()
    {
        Assert.SkipUnless(File.Exists("/proc/buddyinfo"), "no /proc/buddyinfo here");
        string text = File.ReadAllText("/proc/buddyinfo");
        Buddyinfo.Parse(text).ToString().ShouldBe(text);
    }

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

    [Fact]
    public void MutatedTextIsReadOrRefusedButNeverCrashes()
    {
        var random = new Random(2);
        for (int round = 0; round < 2000; round++)
        {
            char[] text = Sample.ToCharArray();
            for (int change = random.Next(1, 4); change > 0; change--)
                text[random.Next(text.Length)] = (char)random.Next(10, 127);
            try
            {
                Pagetypeinfo.Parse(new string(text, 0, random.Next(4) == 0 ? random.Next(text.Length) : text.Length)).Zones.Count.ShouldBeGreaterThan(0);
            }
            catch (ProcfsException refused)
            {
                refused.Message.ShouldStartWith("pagetypeinfo:");
            }
        }
    }
}
