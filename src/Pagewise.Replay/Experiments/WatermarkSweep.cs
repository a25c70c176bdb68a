using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// The wmark_* experiments: sysctls written one after the other, a zoneinfo after each. A snapshot's name tells the
/// sysctl: <c>scaleN</c>, <c>minfreeN</c>, <c>lowmemN</c> (the first three ratios), <c>pcpfracN</c> (lowmem32 still in force).
/// </summary>
internal sealed class WatermarkSweep : IDisposable
{
    private readonly ZoneTable _zones;
    private readonly PageAllocatorSysctls _boot;

    /// <summary>Sets up the zones of a saved zoneinfo.</summary>
    /// <param name="before">The zoneinfo.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="boot">The sysctls at the start.</param>
    public WatermarkSweep(Zoneinfo before, KernelVersion kernel, PageAllocatorSysctls boot)
    {
        _boot = boot;
        _zones = new ZoneTable(SavedMemory.Zones(before), SavedMemory.Nodes(before), kernel, boot);
    }

    /// <summary>The value of <c>zone.nNODE.ZONE.FIELD</c> after the sysctl of a snapshot; null when either is unknown.</summary>
    public string? Value(string at, string metric)
    {
        if (SysctlsAt(at) is not { } sysctls || metric.Split('.', 4) is not ["zone", ['n', .. var number], var name, var field])
            return null;
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int node) || node >= _zones.NodeCount || !ZoneTypes.TryParse(name, out ZoneType type))
            return null;
        _zones.Apply(sysctls);
        ref Zone zone = ref _zones[ZoneTable.Index(node, type)];
        string? value = field switch
        {
            "min" => Text(zone.Watermark[(int)Watermark.Min]),
            "low" => Text(zone.Watermark[(int)Watermark.Low]),
            "high" => Text(zone.Watermark[(int)Watermark.High]),
            "pcp.batch" => Text(zone.PagesetBatch),
            "pcp.high" => Text(zone.PagesetHighMin),
            _ => null,
        };
        if (field != "protection")
            return value;
        var reserves = new string[ZoneTypes.Count];
        for (int upper = 0; upper < ZoneTypes.Count; upper++)
            reserves[upper] = Text(zone.LowmemReserve[upper]);
        return string.Join(',', reserves);
    }

    /// <inheritdoc/>
    public void Dispose() => _zones.Dispose();

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private PageAllocatorSysctls? SysctlsAt(string at)
    {
        // Boot's watermarks came of other managed counts; its reserves did not.
        if (at == "before")
            return _boot;
        int digits = at.Length;
        while (digits > 0 && char.IsAsciiDigit(at[digits - 1]))
            digits--;
        if (!int.TryParse(at.AsSpan(digits), NumberStyles.None, CultureInfo.InvariantCulture, out int value))
            return null;
        return at[..digits] switch
        {
            "scale" when value is >= 1 and <= 3000 => _boot with { WatermarkScaleFactor = value },
            "minfree" => _boot with { MinFreeKbytes = value },
            "lowmem" => _boot with { LowmemReserveRatio = [value, value, value, 0, 0] },
            "pcpfrac" when value >= 8 => _boot with { LowmemReserveRatio = [32, 32, 32, 0, 0], PercpuPagelistHighFraction = value },
            _ => null,
        };
    }
}
