using System.Globalization;
using System.Text;
using Pagewise.Kernel;
using Pagewise.Kernel.Swap;

namespace Pagewise.Procfs;

/// <summary>/proc/swaps (swap_show, mm/swapfile.c); reading and writing give the same bytes.</summary>
/// <param name="Devices">The swap areas in use.</param>
public sealed record Swaps(IReadOnlyList<SwapsDevice> Devices)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "swaps";

    private const string Heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority";
    private const int NameWidth = 40;

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a swaps file.</exception>
    public static Swaps Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        scanner.ExpectWords("Filename", "Type", "Size", "Used", "Priority");
        scanner.EndOfLine();
        var devices = new List<SwapsDevice>();
        while (!scanner.AtEnd)
        {
            devices.Add(new SwapsDevice(
                scanner.Word("a swap area's name"), scanner.Word("\"partition\" or \"file\""), scanner.Number(), scanner.Number(),
                (int)scanner.Number(short.MinValue, short.MaxValue)));
            scanner.EndOfLine();
        }

        return new Swaps(devices);
    }

    /// <summary>What a modelled machine shows: its swap areas.</summary>
    public static Swaps Of(Machine machine) => new([.. machine.Swap.Types.Select(type => Of(machine.Swap.SpecOf(type), machine.Swap.UsedPagesOf(type)))]);

    private static SwapsDevice Of(SwapAreaSpec area, long usedPages) =>
        new(area.Name, area.IsFile ? "file" : "partition", (area.Pages - 1L) << 2, usedPages << 2, area.Priority);

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Heading).Append('\n');
        foreach (SwapsDevice device in Devices)
        {
            // The kernel pads with tabs as far as the numbers are short.
            text.Append(device.Name).Append(' ', Math.Max(1, NameWidth - device.Name.Length)).Append(device.Type).Append(device.Type == "file" ? "\t\t" : "\t");
            text.Append(CultureInfo.InvariantCulture, $"{device.SizeKib}\t{(device.SizeKib < 10000000 ? "\t" : "")}{device.UsedKib}\t{(device.UsedKib < 10000000 ? "\t" : "")}{device.Priority}\n");
        }

        return text.ToString();
    }
}
