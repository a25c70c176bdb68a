using System.Globalization;
using Pagewise.Kernel;

namespace Pagewise.Replay.Machines;

/// <summary>What a machine states that has no effect yet, a line each: nothing is ignored in silence.</summary>
public static class MachineNotices
{
    /// <summary>The lines for a machine.</summary>
    public static IReadOnlyList<string> Of(MachineSpec spec)
    {
        var lines = new List<string>();
        if (spec.Cgroups.Count > 0)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"cgroups: {spec.Cgroups.Count} stated; cgroups are not modelled yet, their limits have no effect"));
        return lines;
    }
}
