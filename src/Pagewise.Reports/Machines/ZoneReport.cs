using System.Globalization;
using System.Text;
using Pagewise.Kernel;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Reports.Machines;

/// <summary>A machine's zones as text: what it has, its marks and reserves, and its free blocks. Amounts are pages of 4 KiB.</summary>
public static class ZoneReport
{
    /// <summary>Everything.</summary>
    public static string Show(Machine machine)
    {
        var text = new StringBuilder();
        ZoneTable zones = machine.Zones;
        text.Append(CultureInfo.InvariantCulture, $"Linux {zones.Kernel}, {Pages((long)machine.Allocator.TotalPages)} managed, {zones.NodeCount} node{(zones.NodeCount == 1 ? "" : "s")}, {zones.CpuCount} CPU{(zones.CpuCount == 1 ? "" : "s")}\n\n");
        var memory = new TextTable("zone", "start pfn", "spanned", "present", "managed", "free", "");
        foreach ((string name, Zone zone) in Populated(zones))
            memory.Add(name, Number(zone.StartPfn), Number(zone.SpannedPages), Number(zone.PresentPages), Number(zone.ManagedPages), Number(zone.FreePages), Pages(zone.ManagedPages));
        text.Append(memory).Append('\n').Append(Watermarks(zones)).Append('\n');
        string[] orders = [.. Enumerable.Range(0, PageOrder.Count).Select(order => order == 0 ? "free blocks of order 0" : Number(order))];
        var blocks = new TextTable(["zone", .. orders]);
        foreach ((string name, Zone zone) in Populated(zones))
        {
            string[] counts = new string[PageOrder.Count];
            for (int order = 0; order <= PageOrder.Max; order++)
                counts[order] = Number(zone.FreeArea[order].NrFree);
            blocks.Add([name, .. counts]);
        }

        text.Append(blocks).Append('\n');
        for (int node = 0; node < zones.NodeCount; node++)
        {
            text.Append(CultureInfo.InvariantCulture, $"zonelist of node {node}:");
            foreach (ushort index in zones.Zonelist(node))
                text.Append(CultureInfo.InvariantCulture, $" {NameOf(zones[index])}");
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The settings in force, and each zone's marks, reserves and per-CPU list sizes.</summary>
    public static string Watermarks(ZoneTable zones)
    {
        var text = new StringBuilder();
        PageAllocatorSysctls sysctls = zones.Sysctls;
        text.Append(CultureInfo.InvariantCulture, $"vm.min_free_kbytes = {sysctls.MinFreeKbytes}, vm.watermark_scale_factor = {sysctls.WatermarkScaleFactor}, ");
        text.Append(CultureInfo.InvariantCulture, $"vm.lowmem_reserve_ratio = {string.Join(' ', sysctls.LowmemReserveRatio)}, vm.percpu_pagelist_high_fraction = {sysctls.PercpuPagelistHighFraction}\n\n");
        var marks = new TextTable("zone", "managed", "min", "low", "high", "promo", "protection", "pcp batch", "pcp high");
        foreach ((string name, Zone zone) in Populated(zones))
        {
            string[] reserves = new string[ZoneTypes.Count];
            for (int upper = 0; upper < ZoneTypes.Count; upper++)
                reserves[upper] = Number(zone.LowmemReserve[upper]);
            marks.Add(
                name, Number(zone.ManagedPages), Number(zone.Watermark[(int)Watermark.Min]), Number(zone.Watermark[(int)Watermark.Low]),
                Number(zone.Watermark[(int)Watermark.High]), Number(zone.Watermark[(int)Watermark.Promo]), string.Join(' ', reserves),
                Number(zone.PagesetBatch), zones.PcpHighAutoTuned ? $"{Number(zone.PagesetHighMin)}..{Number(zone.PagesetHighMax)}" : Number(zone.PagesetHighMin));
        }

        return text.Append(marks).ToString();
    }

    private static IEnumerable<(string Name, Zone Zone)> Populated(ZoneTable zones)
    {
        for (int index = 0; index < zones.ZoneCount; index++)
        {
            if (zones[index].IsPopulated)
                yield return (NameOf(zones[index]), zones[index]);
        }
    }

    private static string NameOf(in Zone zone) => string.Create(CultureInfo.InvariantCulture, $"n{zone.Node}.{zone.Type.Name()}");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Pages(long pages) => Text.Size((ulong)pages << 12);
}
