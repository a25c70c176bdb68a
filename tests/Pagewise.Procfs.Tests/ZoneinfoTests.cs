using System.Text;
using Pagewise.Workloads.Tests;

namespace Pagewise.Procfs.Tests;

public class ZoneinfoTests
{
    private static readonly string Sample = Encoding.UTF8.GetString(Oracle.Plain("guest/wmark_numa_256_512/before.zoneinfo"));

    [Fact]
    public void EveryRecordedZoneinfoIsWrittenBackByteForByte()
    {
        int files = 0;
        foreach (string file in Oracle.Files("guest", "*.zoneinfo"))
        {
            string text = Encoding.UTF8.GetString(Oracle.Plain(file));
            Zoneinfo.Parse(text).ToString().ShouldBe(text, file);
            files++;
        }

        files.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void TheHostsZoneinfoIsWrittenBackByteForByte()
    {
        Assert.SkipUnless(File.Exists("/proc/zoneinfo"), "no /proc/zoneinfo here");
        string text = File.ReadAllText("/proc/zoneinfo");
        Zoneinfo.Parse(text).ToString().ShouldBe(text);
    }

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

    [Theory]
    [InlineData("", 1)]
    [InlineData("Node 0, zone      DMA\n", 2)]
    [InlineData("Node x, zone      DMA\n", 1)]
    [InlineData("Node 0, zone      DMA\n  pages free     many\n", 2)]
    public void WhatIsNoZoneinfoIsRefusedWithItsLine(string text, int line) =>
        Should.Throw<ProcfsException>(() => Zoneinfo.Parse(text)).Line.ShouldBe(line);

    [Fact]
    public void MutatedTextIsReadOrRefusedButNeverCrashes()
    {
        var random = new Random(1);
        for (int round = 0; round < 2000; round++)
        {
            char[] text = Sample.ToCharArray();
            for (int change = random.Next(1, 4); change > 0; change--)
                text[random.Next(text.Length)] = (char)random.Next(10, 127);
            int length = random.Next(4) == 0 ? random.Next(text.Length) : text.Length;
            try
            {
                Zoneinfo.Parse(new string(text, 0, length)).Zones.Count.ShouldBeGreaterThan(0);
            }
            catch (ProcfsException refused)
            {
                refused.Message.ShouldStartWith("zoneinfo:");
            }
        }
    }
}
