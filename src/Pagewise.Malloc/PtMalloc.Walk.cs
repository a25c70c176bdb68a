namespace Pagewise.Malloc;

/// <content>Walks the heap chunk by chunk, for reports and for <see cref="Validate"/>.</content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    // Where the parts of the main arena begin: one, and one more each time top had to move elsewhere.
    private readonly List<ulong> _mainParts = new(64);

    /// <summary>The arenas, the main one first, by address of their malloc_state.</summary>
    public IReadOnlyList<ulong> Arenas()
    {
        var arenas = new List<ulong>();
        ulong av = _mainArena;
        do
        {
            arenas.Add(av);
            av = NextArena(av);
        }
        while (av != _mainArena);
        return arenas;
    }

    /// <summary>An arena's top chunk: its address, and its size in bytes; 0 bytes before the arena has memory.</summary>
    public (ulong Address, ulong SizeBytes) TopChunk(ulong arena)
    {
        ulong top = Top(arena);
        return (top, top == UnsortedChunks(arena) ? 0 : ChunkSize(top));
    }

    /// <summary>The bytes an arena holds of the system (<c>system_mem</c>).</summary>
    public ulong ArenaSystemMem(ulong arena) => SystemMem(arena);

    /// <summary>The bytes that all arenas hold of the system.</summary>
    public ulong TotalArenaBytes
    {
        get
        {
            ulong bytes = 0;
            ulong av = _mainArena;
            do
            {
                bytes += SystemMem(av);
                av = NextArena(av);
            }
            while (av != _mainArena);
            return bytes;
        }
    }

    /// <summary>The chunk of a live block. One that is mapped on its own begins where its mapping does, and belongs to no arena.</summary>
    public HeapChunk ChunkOf(ulong mem)
    {
        ulong chunk = Mem2Chunk(mem);
        ulong size = ChunkSize(chunk);
        return IsMmapped(chunk)
            ? new HeapChunk(chunk - PrevSize(chunk), size + PrevSize(chunk), HeapChunkState.Mapped, 0, 0, -1)
            : new HeapChunk(chunk, size, HeapChunkState.InUse, ArenaForChunk(chunk), 0, -1);
    }

    /// <summary>
    /// Every chunk of every arena, in the order of addresses within each part of an arena. Mapped chunks are on no list
    /// of malloc's and so are not found.
    /// </summary>
    public List<HeapChunk> WalkChunks()
    {
        var free = new Dictionary<ulong, HeapChunk>();
        foreach (HeapChunk chunk in ListedChunks())
        {
            if (!free.TryAdd(chunk.Address, chunk))
                throw new InvalidOperationException($"chunk {chunk.Address:x} is on two lists: {free[chunk.Address].State} and {chunk.State}");
        }

        var chunks = new List<HeapChunk>();
        foreach (ulong av in Arenas())
        {
            foreach (ulong part in Parts(av))
                WalkPart(av, part, free, chunks);
        }

        return chunks;
    }

    private List<ulong> Parts(ulong av)
    {
        if (av == _mainArena)
            return _mainParts;
        var parts = new List<ulong>();
        for (ulong heap = HeapForPtr(Top(av)); heap != 0; heap = HeapPrev(heap))
        {
            ulong start = heap + HeapInfoSize;
            if (start == av)
            {
                start += MallocStateSize;
                start = AlignUp(Chunk2Mem(start), TAbi.MallocAlignment) - ChunkHdrSz;
            }

            parts.Add(start);
        }

        parts.Reverse();
        return parts;
    }

    private void WalkPart(ulong av, ulong part, Dictionary<ulong, HeapChunk> free, List<HeapChunk> chunks)
    {
        for (ulong chunk = part; ;)
        {
            ulong size = ChunkSize(chunk);
            if (chunk == Top(av))
            {
                chunks.Add(new HeapChunk(chunk, size, HeapChunkState.Top, av, 0, -1));
                return;
            }

            if (size <= ChunkHdrSz)
            {
                chunks.Add(new HeapChunk(chunk, size, HeapChunkState.Fence, av, 0, -1));
                return;
            }

            chunks.Add(free.TryGetValue(chunk, out HeapChunk listed)
                ? listed
                : new HeapChunk(chunk, size, HeapChunkState.InUse, av, 0, -1));
            chunk += size;
        }
    }

    // Every chunk that is on a list: bins, fast bins, tcaches, and the tcaches' own blocks.
    private List<HeapChunk> ListedChunks()
    {
        var listed = new List<HeapChunk>();
        foreach (ulong av in Arenas())
        {
            for (int i = 0; i < NFastbins; i++)
            {
                for (ulong p = ReadWord(FastbinAt(av, i)); p != 0; p = RevealPtr(Chunk2Mem(p)))
                    Add(p, HeapChunkState.Fast, av, i, -1);
            }

            for (int i = 1; i < NBins; i++)
            {
                ulong bin = BinAt(av, i);
                HeapChunkState state = i == 1 ? HeapChunkState.Unsorted : i < NSmallbins ? HeapChunkState.Small : HeapChunkState.Large;
                for (ulong p = Fd(bin); p != bin; p = Fd(p))
                    Add(p, state, av, i, -1);
            }
        }

        for (int thread = 0; thread < _threads.Length; thread++)
        {
            ulong tcache = thread == _currentThread ? _tcache : _threads[thread].Tcache;
            if (tcache == 0)
                continue;
            Add(Mem2Chunk(tcache), HeapChunkState.TcacheStruct, ArenaForChunk(Mem2Chunk(tcache)), 0, thread);
            for (int i = 0; i < (int)TcacheAllBins; i++)
            {
                for (ulong e = ReadWord(tcache + TcacheEntriesOffset + ((ulong)i * SizeSz)); e != 0; e = RevealPtr(e))
                    Add(Mem2Chunk(e), HeapChunkState.Tcache, ArenaForChunk(Mem2Chunk(e)), i, thread);
            }
        }

        return listed;

        void Add(ulong chunk, HeapChunkState state, ulong av, int index, int thread) =>
            listed.Add(new HeapChunk(chunk, ChunkSize(chunk), state, av, index, thread));
    }
}
