using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/oom_score (proc_oom_score, fs/proc/base.c); reading and writing give the same bytes.</summary>
/// <param name="Value">What <see cref="OomBadness.Score"/> gives.</param>
public readonly record struct OomScore(int Value)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "oom_score";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not an oom_score.</exception>
    public static OomScore Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        int value = scanner.Int();
        scanner.EndOfLine();
        return scanner.AtEnd ? new OomScore(value) : throw scanner.Error("expected the end of the file");
    }

    /// <summary>What a modelled process shows; 0 without an address space.</summary>
    public static OomScore Of(Machine machine, in TaskStruct leader)
    {
        if (leader.Mm == 0)
            return new OomScore(0);
        ref MmStruct mm = ref machine.AddressSpaces.Mms[leader.Mm];
        long pages = mm.Rss.Total + mm.Rss.SwapEntries + (long)(mm.PgtablesBytes >> 12);
        long total = (long)(machine.Settings.TotalRamPages + machine.Settings.TotalSwapPages);
        var badness = new OomBadness(machine.Spec.Kernel);
        return new OomScore(badness.Score(badness.Points(pages, leader.OomScoreAdj, total, leader.CapSysAdmin), total));
    }

    /// <summary>The file's text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value}\n");
}
