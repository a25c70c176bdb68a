using Pagewise.Malloc;

namespace Pagewise.Replay.Heap;

/// <summary>A heap taken apart: where its bytes go, what its resident pages hold, and which blocks keep which of them.</summary>
public sealed class HeapAnatomy
{
    private readonly HeapSnapshot _snapshot;
    private readonly PageSurvey _pages;
    private readonly Dictionary<ulong, int> _blockOf;
    private readonly List<HeapCeiling> _ceilings = [];
    private readonly ulong _sizeSz;
    private ulong _requested;
    private ulong _headers;
    private ulong _rounding;
    private ulong _pageEnds;
    private readonly ulong[] _byState = new ulong[(int)HeapChunkState.Mapped + 1];

    private HeapAnatomy(HeapSnapshot snapshot)
    {
        _snapshot = snapshot;
        _sizeSz = snapshot.Replayer.Script.Prologue.Is32Bit ? 4UL : 8;
        _pages = new PageSurvey(snapshot.Replayer, snapshot.Blocks.Count);
        _blockOf = new Dictionary<ulong, int>(snapshot.Blocks.Count);
        for (int i = 0; i < snapshot.Blocks.Count; i++)
            _blockOf[snapshot.Blocks[i].Chunk.Address] = i;
        Walk();
        foreach (HeapBlock block in snapshot.Blocks)
            AddMapped(block);
        HeapTotals totals = snapshot.Replayer.Totals;
        Space = Sum(totals.ArenaBytes + totals.MmappedBytes);
        Residence = _pages.Finish();
    }

    /// <summary>Where the bytes go.</summary>
    public HeapSpace Space { get; }

    /// <summary>What the resident pages hold.</summary>
    public HeapResidence Residence { get; }

    /// <summary>The highest chunk in use of each arena that has one.</summary>
    public IReadOnlyList<HeapCeiling> Ceilings => _ceilings;

    /// <summary>The live blocks that keep free bytes resident.</summary>
    public IEnumerable<HeapPin> Pins
    {
        get
        {
            for (int i = 0; i < _snapshot.Blocks.Count; i++)
            {
                if (_pages.PinnedPages(i) > 0)
                    yield return new HeapPin(_snapshot.Blocks[i], _pages.PinnedPages(i), (ulong)_pages.PinnedBytes(i));
            }
        }
    }

    /// <summary>Takes a heap apart.</summary>
    public static HeapAnatomy Of(HeapSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new HeapAnatomy(snapshot);
    }

    // The chunks come arena by arena.
    private void Walk()
    {
        ulong free = 0;
        long freePages = 0;
        HeapCeiling? ceiling = null;
        int number = -1;
        ulong arena = 0;
        foreach (HeapChunk chunk in _snapshot.Chunks)
        {
            if (chunk.Arena != arena || number < 0)
            {
                EndArena();
                (arena, free, freePages) = (chunk.Arena, 0, _pages.FreePages);
                number++;
            }

            _byState[(int)chunk.State] += chunk.SizeBytes;
            int block = chunk.State == HeapChunkState.InUse && _blockOf.TryGetValue(chunk.Address, out int index) ? index : -1;
            _pages.Add(chunk, block);
            if (block >= 0)
                AddBlock(_snapshot.Blocks[block], chunk.SizeBytes);
            switch (chunk.State)
            {
                case HeapChunkState.InUse or HeapChunkState.TcacheStruct or HeapChunkState.Tcache or HeapChunkState.Fast:
                    ceiling = new HeapCeiling(
                        arena, number, block >= 0 ? _snapshot.Blocks[block] : null, chunk.Address, free, _pages.FreePages - freePages);
                    free += chunk.State is HeapChunkState.Tcache or HeapChunkState.Fast ? chunk.SizeBytes : 0;
                    break;
                case HeapChunkState.Unsorted or HeapChunkState.Small or HeapChunkState.Large:
                    free += chunk.SizeBytes;
                    break;
            }
        }

        EndArena();

        void EndArena()
        {
            _pages.EndPart();
            if (ceiling is { } highest)
                _ceilings.Add(highest);
            ceiling = null;
        }
    }

    private void AddBlock(in HeapBlock block, ulong chunkBytes)
    {
        _requested += block.SizeBytes;
        _headers += _sizeSz;
        _rounding += chunkBytes - Math.Min(chunkBytes, block.SizeBytes + _sizeSz);
    }

    private void AddMapped(in HeapBlock block)
    {
        HeapChunk chunk = block.Chunk;
        if (chunk.State != HeapChunkState.Mapped)
            return;
        _requested += block.SizeBytes;
        _headers += 2 * _sizeSz;
        _pageEnds += chunk.SizeBytes - Math.Min(chunk.SizeBytes, block.SizeBytes + (2 * _sizeSz));
        _pages.AddMapped(chunk);
    }

    private HeapSpace Sum(ulong systemBytes)
    {
        ulong tcache = Of(HeapChunkState.Tcache);
        ulong fast = Of(HeapChunkState.Fast);
        ulong unsorted = Of(HeapChunkState.Unsorted);
        ulong small = Of(HeapChunkState.Small);
        ulong large = Of(HeapChunkState.Large);
        ulong top = Of(HeapChunkState.Top);
        ulong known = _requested + _headers + _rounding + _pageEnds + tcache + fast + unsorted + small + large + top;
        return new HeapSpace
        {
            SystemBytes = systemBytes,
            Requested = _requested,
            Headers = _headers,
            Rounding = _rounding,
            PageEnds = _pageEnds,
            Tcache = tcache,
            FastBins = fast,
            UnsortedBin = unsorted,
            SmallBins = small,
            LargeBins = large,
            Top = top,
            Own = systemBytes - Math.Min(systemBytes, known),
        };

        ulong Of(HeapChunkState state) => _byState[(int)state];
    }
}
