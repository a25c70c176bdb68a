using System.Globalization;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Procfs;

/// <summary>The Vm lines of /proc/PID/status (task_mem, fs/proc/task_mmu.c), in KiB.</summary>
/// <param name="VmPeak">High-water mark of the virtual size.</param>
/// <param name="VmSize">Virtual size.</param>
/// <param name="VmLck">Locked memory.</param>
/// <param name="VmPin">Pinned memory: always 0, nothing pins.</param>
/// <param name="VmHwm">High-water mark of the resident set.</param>
/// <param name="VmRss">Resident set.</param>
/// <param name="VmData">Private writable memory, the stack apart.</param>
/// <param name="VmStk">Stack areas.</param>
/// <param name="VmExe">The program's text.</param>
/// <param name="VmLib">Executable areas beyond the program's text.</param>
/// <param name="VmPte">Page tables.</param>
/// <param name="VmSwap">Pages in swap.</param>
public readonly record struct StatusVm(
    ulong VmPeak, ulong VmSize, ulong VmLck, ulong VmPin, ulong VmHwm, ulong VmRss, ulong VmData, ulong VmStk,
    ulong VmExe, ulong VmLib, ulong VmPte, ulong VmSwap)
{
    private static readonly string[] Names =
        ["VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE", "VmSwap"];

    /// <summary>What a modelled address space shows.</summary>
    public static StatusVm Of(in MmStruct mm)
    {
        ulong text = Math.Min(PageUp(mm.EndCode) - (mm.StartCode & ~4095UL), mm.ExecVm << 12);
        ulong lib = (mm.ExecVm << 12) - text;
        ulong rss = (ulong)mm.Rss.Total;
        return new StatusVm(
            Math.Max(mm.HiwaterVm, mm.TotalVm) << 2, mm.TotalVm << 2, mm.LockedVm << 2, 0,
            Math.Max((ulong)mm.HiwaterRss, rss) << 2, rss << 2, mm.DataVm << 2, mm.StackVm << 2,
            text >> 10, lib >> 10, mm.PgtablesBytes >> 10, (ulong)mm.Rss.SwapEntries << 2);
    }

    /// <summary>The fields with their names, in the file's order.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Fields()
    {
        ulong[] values = [VmPeak, VmSize, VmLck, VmPin, VmHwm, VmRss, VmData, VmStk, VmExe, VmLib, VmPte, VmSwap];
        for (int i = 0; i < Names.Length; i++)
            yield return KeyValuePair.Create(Names[i], values[i]);
    }

    /// <summary>Whether a status file's field is one of these.</summary>
    internal static bool IsField(string name) => Names.Contains(name, StringComparer.Ordinal);

    /// <summary>The Vm fields among those of a status file, whose numbers were looked at; a missing one is 0.</summary>
    internal static StatusVm From(IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        ulong[] values = new ulong[Names.Length];
        foreach ((string name, string text) in fields)
        {
            int field = Array.IndexOf(Names, name);
            if (field >= 0)
                values[field] = ulong.Parse(text.AsSpan(0, text.Length - " kB".Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
        }

        return new StatusVm(values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7],
            values[8], values[9], values[10], values[11]);
    }

    private static ulong PageUp(ulong value) => (value + 4095) & ~4095UL;
}
