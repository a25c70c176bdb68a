using System.Text;
using Pagewise.Kernel;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/smaps (show_smap, fs/proc/task_mmu.c); reading and writing give the same bytes.</summary>
/// <param name="Areas">The areas, lowest address first, the gate page last.</param>
public sealed record Smaps(IReadOnlyList<SmapsArea> Areas)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "smaps";

    /// <summary>Reads the file's text; that of a process without an address space is empty.</summary>
    /// <exception cref="ProcfsException">The text is not an smaps.</exception>
    public static Smaps Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        var areas = new List<SmapsArea>();
        while (!scanner.AtEnd)
            areas.Add(SmapsArea.Parse(ref scanner));
        return new Smaps(areas);
    }

    /// <summary>What a modelled address space shows; 0 is none.</summary>
    public static Smaps Of(Machine machine, int mm) => LiveSmaps.Smaps(machine, mm);

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (SmapsArea area in Areas)
            area.Write(text);
        return text.ToString();
    }
}
