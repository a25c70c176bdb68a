using Pagewise.Malloc;
using Pagewise.Replay.Heap;

namespace Pagewise.Reports.Heap;

/// <summary>Draws the map of a replay as it stands.</summary>
public static class HeapMapBuilder
{
    /// <summary>Builds the map.</summary>
    public static HeapMap Build(HeapReplayer replayer)
    {
        ArgumentNullException.ThrowIfNull(replayer);
        HeapSnapshot snapshot = replayer.TakeSnapshot();
        var blocks = new Dictionary<ulong, HeapBlock>(snapshot.Blocks.Count);
        foreach (HeapBlock block in snapshot.Blocks)
            blocks[block.Chunk.Address] = block;
        var arenas = new List<HeapMapArena>();
        foreach (ulong arena in snapshot.Arenas)
            arenas.Add(Arena(snapshot, arena, arenas.Count, blocks));
        return new HeapMap(
            HeapReportBuilder.Facts(replayer), replayer.Totals.Calls, arenas, Tcaches(snapshot),
            Runs(replayer.Script, [.. snapshot.Blocks.Where(block => block.Chunk.State == HeapChunkState.Mapped).Select(block => block.Chunk)], blocks));
    }

    private static HeapMapArena Arena(HeapSnapshot snapshot, ulong arena, int number, Dictionary<ulong, HeapBlock> blocks)
    {
        var chunks = new List<HeapChunk>();
        ulong top = 0;
        ulong topBytes = 0;
        ulong bytes = 0;
        foreach (HeapChunk chunk in snapshot.Chunks)
        {
            if (chunk.Arena != arena)
                continue;
            chunks.Add(chunk);
            bytes += chunk.SizeBytes;
            if (chunk.State == HeapChunkState.Top)
                (top, topBytes) = (chunk.Address, chunk.SizeBytes);
        }

        return new HeapMapArena(
            number, arena, bytes, top, topBytes,
            Bins(chunks.Where(chunk => chunk.State is HeapChunkState.Fast or HeapChunkState.Unsorted or HeapChunkState.Small or HeapChunkState.Large)),
            Runs(snapshot.Replayer.Script, chunks, blocks));
    }

    private static List<HeapMapTcache> Tcaches(HeapSnapshot snapshot) =>
    [
        .. snapshot.Chunks.Where(chunk => chunk.State == HeapChunkState.Tcache).GroupBy(chunk => chunk.Thread).OrderBy(group => group.Key)
            .Select(group => new HeapMapTcache(group.Key + 1, Bins(group))),
    ];

    private static List<HeapMapBin> Bins(IEnumerable<HeapChunk> chunks) =>
    [
        .. chunks.GroupBy(chunk => (chunk.State, chunk.Index)).OrderBy(group => group.Key.State).ThenBy(group => group.Key.Index)
            .Select(group => new HeapMapBin(
                Name(group.Key.State), group.Key.Index, group.Min(chunk => chunk.SizeBytes), group.Max(chunk => chunk.SizeBytes),
                group.LongCount(), group.Aggregate(0UL, (sum, chunk) => sum + chunk.SizeBytes))),
    ];

    private static List<HeapMapRun> Runs(HeapScript script, List<HeapChunk> chunks, Dictionary<ulong, HeapBlock> blocks)
    {
        var runs = new List<HeapMapRun>();
        ulong next = 0;
        foreach (HeapChunk chunk in chunks)
        {
            bool isBlock = chunk.State is HeapChunkState.InUse or HeapChunkState.Mapped & blocks.TryGetValue(chunk.Address, out HeapBlock block);
            HeapMapRun? last = runs.Count > 0 ? runs[^1] : null;
            string state = Name(chunk.State);
            if (last is not null && last.State == state && last.SizeBytes == chunk.SizeBytes && chunk.Address == next)
                runs[^1] = last with { Chunks = last.Chunks + 1, RequestedBytes = last.RequestedBytes + block.SizeBytes };
            else
                runs.Add(new HeapMapRun(chunk.Address, state, chunk.SizeBytes, 1, block.SizeBytes, isBlock ? script.CallOfStep(block.Step) : 0));
            next = chunk.Address + chunk.SizeBytes;
        }

        return runs;
    }

    private static string Name(HeapChunkState state) => state switch
    {
        HeapChunkState.InUse => "in use",
        HeapChunkState.TcacheStruct => "tcache struct",
        _ => state.ToString().ToLowerInvariant(),
    };
}
