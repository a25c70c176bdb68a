using System.Text;
using Pagewise.Kernel;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/smaps_rollup (show_smaps_rollup, fs/proc/task_mmu.c): the sum of all areas; reading and writing give the same bytes.</summary>
/// <param name="Area">The sum, from the first area's start to the last one's end; null for a process without an address space.</param>
public sealed record SmapsRollup(SmapsArea? Area)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "smaps_rollup";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not an smaps_rollup.</exception>
    public static SmapsRollup Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        if (scanner.AtEnd)
            return new SmapsRollup((SmapsArea?)null);
        var rollup = new SmapsRollup(SmapsArea.Parse(ref scanner));
        return scanner.AtEnd ? rollup : throw scanner.Error("expected the end of the file");
    }

    /// <summary>What a modelled address space shows; 0 is none.</summary>
    public static SmapsRollup Of(Machine machine, int mm) => LiveSmaps.Rollup(machine, mm);

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Area?.Write(text);
        return text.ToString();
    }
}
