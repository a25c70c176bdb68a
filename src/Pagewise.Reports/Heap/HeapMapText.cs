using Spectre.Console;

namespace Pagewise.Reports.Heap;

/// <summary>A heap map for people.</summary>
public static class HeapMapText
{
    /// <summary>Writes a map.</summary>
    public static void Write(HeapMap map, IAnsiConsole console)
    {
        ArgumentNullException.ThrowIfNull(map);
        HeapReportText.WriteHeading(map.Recording, console);
        console.MarkupLine($"[bold]after call {Text.Count(map.Call)}[/]");
        foreach (HeapMapArena arena in map.Arenas)
            WriteArena(arena, console);
        foreach (HeapMapTcache tcache in map.Tcaches)
        {
            console.MarkupLine($"[bold]tcache of thread {tcache.Thread}[/]");
            WriteBins(tcache.Bins, console);
        }

        if (map.Mapped.Count == 0)
            return;
        console.MarkupLine("[bold]mapped on their own[/]");
        WriteRuns(map.Mapped, console);
    }

    private static void WriteArena(HeapMapArena arena, IAnsiConsole console)
    {
        string name = arena.Number == 0 ? "main arena" : $"arena {arena.Number} at {Text.Address(arena.Address)}";
        console.MarkupLine($"[bold]{name}[/]: {Text.Size(arena.SystemBytes)} in chunks, top {Text.Size(arena.TopBytes)} at {Text.Address(arena.TopAddress)}");
        WriteBins(arena.Bins, console);
        WriteRuns(arena.Runs, console);
    }

    private static void WriteBins(IReadOnlyList<HeapMapBin> bins, IAnsiConsole console)
    {
        if (bins.Count == 0)
            return;
        Table table = HeapTables.New("Bin", ">Number", ">Chunk bytes", ">Chunks", ">Bytes");
        foreach (HeapMapBin bin in bins)
        {
            string sizes = bin.FromBytes == bin.ToBytes ? Text.Count((long)bin.FromBytes) : $"{Text.Count((long)bin.FromBytes)}–{Text.Count((long)bin.ToBytes)}";
            HeapTables.Row(table, bin.Kind, Text.Count(bin.Index), sizes, Text.Count(bin.Chunks), Text.Count((long)bin.Bytes));
        }

        console.Write(table);
    }

    // Plain lines: a heap has a great many chunks.
    private static void WriteRuns(IReadOnlyList<HeapMapRun> runs, IAnsiConsole console)
    {
        foreach (HeapMapRun run in runs)
        {
            string many = run.Chunks > 1 ? $" × {Text.Count(run.Chunks)}" : "";
            string asked = run.Call > 0 ? $"  {Text.Count((long)run.RequestedBytes)} asked for, call {Text.Count(run.Call)}" : "";
            console.WriteLine($"{Text.Address(run.Address)}  {run.State,-13} {Text.Count((long)run.SizeBytes),12}{many}{asked}");
        }
    }
}
