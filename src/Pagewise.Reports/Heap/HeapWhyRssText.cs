using Spectre.Console;

namespace Pagewise.Reports.Heap;

/// <summary>Why a heap is resident, for people.</summary>
public static class HeapWhyRssText
{
    /// <summary>Writes the answer.</summary>
    public static void Write(HeapWhyRss why, IAnsiConsole console)
    {
        ArgumentNullException.ThrowIfNull(why);
        HeapReportText.WriteHeading(why.Recording, console);
        console.MarkupLine($"[bold]after call {Text.Count(why.Call)}[/]: {Text.Size(why.LiveBytes)} live, {Text.Size(why.SystemBytes)} held, {Text.Size(why.ResidentBytes)} resident");
        HeapReportText.WritePages(null, why.Pages, console);
        WriteGroups(why, console);
        WritePins(why.Pins, console);
        WriteCeilings(why.Ceilings, console);
        WriteRemedies(why.Remedies, console);
    }

    private static void WriteGroups(HeapWhyRss why, IAnsiConsole console)
    {
        if (why.Groups.Count == 0)
            return;
        Table table = HeapTables.New("Blocks that pin pages", ">Blocks", ">On pages", ">Keep free", ">Calls", "");
        foreach (HeapPinGroup group in why.Groups)
            HeapTables.Row(table, group.Text, Text.Count(group.Blocks), Text.Count(group.Pages), Text.Size(group.FreeBytes), Text.Count(group.FirstCall), group.LastCall == group.FirstCall ? "" : $"– {Text.Count(group.LastCall)}");
        console.Write(table);
    }

    private static void WritePins(IReadOnlyList<HeapPinFacts> pins, IAnsiConsole console)
    {
        if (pins.Count == 0)
            return;
        Table table = HeapTables.New("Block", ">Bytes", ">Call", "", ">Keeps free");
        foreach (HeapPinFacts pin in pins)
            HeapTables.Row(table, Text.Address(pin.Address), Text.Count((long)pin.SizeBytes), Text.Count(pin.Call), pin.Text, Text.Size(pin.FreeBytes));
        console.Write(table);
    }

    private static void WriteCeilings(IReadOnlyList<HeapCeilingFacts> ceilings, IAnsiConsole console)
    {
        foreach (HeapCeilingFacts ceiling in ceilings)
        {
            if (ceiling.FreeBytesBelow == 0)
                continue;
            string by = ceiling.Call > 0 ? $"call {Text.Count(ceiling.Call)}, {Markup.Escape(ceiling.Text)}" : ceiling.Text;
            console.MarkupLine($"arena {ceiling.Arena}: {Text.Size(ceiling.FreeBytesBelow)} free ({HeapReportText.Pages(ceiling.FreePagesBelow)} in whole pages) lie below the highest chunk in use, {Text.Address(ceiling.Address)} ({by}): free by itself trims only above it");
        }
    }

    private static void WriteRemedies(IReadOnlyList<HeapRemedy> remedies, IAnsiConsole console)
    {
        Table table = HeapTables.New("Tried", ">Resident", ">Saved", "GLIBC_TUNABLES=");
        foreach (HeapRemedy remedy in remedies)
        {
            string saved = remedy.SavedBytes == 0 ? "nothing" : remedy.SavedBytes > 0 ? Text.Size((ulong)remedy.SavedBytes) : "−" + Text.Size((ulong)-remedy.SavedBytes);
            HeapTables.Row(table, remedy.What, Text.Size(remedy.ResidentBytes), saved, remedy.Tunables);
        }

        console.Write(table);
    }
}
