using System.Globalization;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/statm (proc_pid_statm, fs/proc/array.c), in pages; reading and writing give the same bytes.</summary>
/// <param name="Size">Virtual size.</param>
/// <param name="Resident">Resident pages.</param>
/// <param name="Shared">Resident pages of files and shared memory.</param>
/// <param name="Text">The program's text.</param>
/// <param name="Data">Private writable memory and stacks.</param>
public readonly record struct Statm(ulong Size, ulong Resident, ulong Shared, ulong Text, ulong Data)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "statm";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a statm.</exception>
    public static Statm Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        (ulong size, ulong resident, ulong shared, ulong code) = (scanner.Unsigned(), scanner.Unsigned(), scanner.Unsigned(), scanner.Unsigned());
        scanner.ExpectWords("0");
        ulong data = scanner.Unsigned();
        scanner.ExpectWords("0");
        scanner.EndOfLine();
        return scanner.AtEnd ? new Statm(size, resident, shared, code, data) : throw scanner.Error("expected the end of the file");
    }

    /// <summary>What a modelled address space shows.</summary>
    public static Statm Of(in MmStruct mm) => new(
        mm.TotalVm, (ulong)mm.Rss.Total, (ulong)(mm.Rss.FilePages + mm.Rss.ShmemPages),
        ((mm.EndCode + 4095) >> 12) - (mm.StartCode >> 12), mm.DataVm + mm.StackVm);

    /// <summary>The file's text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Size} {Resident} {Shared} {Text} 0 {Data} 0\n");
}
