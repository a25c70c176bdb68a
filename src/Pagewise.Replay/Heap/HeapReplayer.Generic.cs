using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Malloc;
using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Replay.Heap;

/// <summary>A replay on the allocator of its platform and release.</summary>
internal sealed class HeapReplayer<TAbi, TRelease> : HeapReplayer
    where TAbi : struct, IMallocAbi
    where TRelease : struct, IGlibcRelease
{
    private const int GroupLength = 16;

    private readonly PtMalloc<TAbi, TRelease, TouchedMemory, CountedSystemCalls.Door> _malloc;
    private ulong _warm;
    private long _calls;
    private long _liveBlocks;
    private ulong _liveBytes;
    private ulong _peakLiveBytes;
    private long _peakLiveStep;
    private ulong _arenaBytes;
    private ulong _peakArenaBytes;
    private ulong _peakMmappedBytes;
    private ulong _peakSystemBytes;
    private long _peakResident;
    private long _peakResidentStep;
    private long _systemCallsSeen = -1;
    private long _results;
    private long _different;
    private long _firstDifferent;
    private string? _abort;
    private long _abortStep;

    public HeapReplayer(HeapScript script, HeapReplayOptions options, int foldBits)
        : base(script, options, foldBits)
    {
        MallocOptions recorded = script.Prologue.CreateOptions<TRelease>(options.Tunables);
        MallocOptions malloc = recorded with { Cpus = options.Cpus ?? recorded.Cpus, AffinityCpus = options.AffinityCpus };
        _malloc = new(new TouchedMemory(Space.Memory, Pages), new CountedSystemCalls.Door(SystemCalls), malloc);
        Pages.Forget();
        BeginSamples();
    }

    public override MallocPar Parameters => _malloc.Parameters;

    public override HeapTotals Totals => new()
    {
        Calls = _calls,
        LiveBlocks = _liveBlocks,
        LiveBytes = _liveBytes,
        PeakLiveBytes = _peakLiveBytes,
        PeakLiveStep = _peakLiveStep,
        ArenaBytes = _arenaBytes,
        PeakArenaBytes = _peakArenaBytes,
        MmappedBytes = _malloc.Parameters.MmappedMem,
        PeakMmappedBytes = _peakMmappedBytes,
        PeakSystemBytes = _peakSystemBytes,
        Arenas = _malloc.ArenaCount,
        ResidentBytes = (ulong)Pages.Resident * 4096,
        PeakResidentBytes = (ulong)_peakResident * 4096,
        PeakResidentStep = _peakResidentStep,
        Faults = Pages.Faults,
        PagesReturned = Pages.Returned,
        SystemCalls = SystemCalls.Counts,
        Accesses = Pages.Accesses,
        BulkBytes = Pages.BulkBytes,
        Results = _results,
        Different = _different,
        FirstDifferentStep = _firstDifferent,
        Abort = _abort,
        AbortStep = _abortStep,
    };

    public override MallInfo Mallinfo2() => _malloc.Mallinfo2();

    public override string MallocInfo() => _malloc.MallocInfo();

    public override string MallocStats() => _malloc.MallocStats();

    public override List<HeapChunk> WalkChunks() => _malloc.WalkChunks();

    public override void Validate() => _malloc.Validate();

    public override int MallocTrim(ulong pad)
    {
        int result = _malloc.MallocTrim(pad);
        NoteSystemBytes();
        return result;
    }

    public override void AdvanceTo(long position)
    {
        long end = _abort is null ? Math.Min(position, Script.Count) : Position;
        try
        {
            while (Position < end)
            {
                HeapOp[] block = Script.Blocks[(int)(Position >> 16)];
                int from = (int)(Position & 0xffff);
                int to = (int)Math.Min(block.Length, from + (end - Position));
                Make(block.AsSpan(from, to - from));
            }
        }
        catch (MallocAbortException abort)
        {
            _abort = abort.Message;
            _abortStep = ++Position;
        }

        NoteSystemBytes();
    }

    public override HeapSnapshot TakeSnapshot()
    {
        var live = new List<HeapBlock>((int)Math.Min(_liveBlocks, int.MaxValue));
        foreach (ref readonly Slot slot in Slots.AsSpan())
        {
            if (slot.Address != 0)
                live.Add(new HeapBlock(slot.Address, slot.SizeBytes, _malloc.ChunkOf(slot.Address), slot.Step));
        }

        live.Sort((left, right) => left.Address.CompareTo(right.Address));
        return new HeapSnapshot(this, _malloc.WalkChunks(), live, _malloc.Arenas());
    }

    private void Make(ReadOnlySpan<HeapOp> ops)
    {
        while (!ops.IsEmpty)
        {
            ReadOnlySpan<HeapOp> group = ops[..Math.Min(GroupLength, ops.Length)];
            Warm(group);
            MakeGroup(group);
            ops = ops[group.Length..];
        }
    }

    // A large heap's blocks are in no cache. Loading what a group of steps will need, all at once, waits for memory once
    // and not once for each step.
    private void Warm(ReadOnlySpan<HeapOp> group)
    {
        FlatMemory memory = Space.Memory;
        ulong word = 0;
        foreach (ref readonly HeapOp op in group)
            word += Slots[op.Slot].Address;
        foreach (ref readonly HeapOp op in group)
        {
            ulong address = op.Kind == HeapOpKind.Free ? Slots[op.Slot].Address : 0;
            if (address != 0)
                word += memory.ReadU64(address - 8);
        }

        _warm = word;
    }

    private void MakeGroup(ReadOnlySpan<HeapOp> ops)
    {
        foreach (ref readonly HeapOp op in ops)
        {
            if (op.Thread != _malloc.CurrentThread)
                _malloc.SwitchThread(op.Thread);
            Make(op);
            long position = ++Position;
            if (SystemCalls.Total != _systemCallsSeen)
                NoteSystemBytes();
            if (Pages.Resident > _peakResident)
                (_peakResident, _peakResidentStep) = (Pages.Resident, position);
            if (_liveBytes > _peakLiveBytes)
                (_peakLiveBytes, _peakLiveStep) = (_liveBytes, position);
            if (position >= NextSample)
                Sample(position, _liveBytes, _arenaBytes + _malloc.Parameters.MmappedMem, (ulong)Pages.Resident * 4096);
        }
    }

    private void Make(in HeapOp op)
    {
        switch (op.Kind)
        {
            case HeapOpKind.Malloc:
                Take(op, _malloc.Malloc(op.Arg));
                break;
            case HeapOpKind.Free:
                Free(op);
                break;
            case HeapOpKind.Realloc:
                Realloc(op);
                break;
            case HeapOpKind.Calloc:
                Take(op, _malloc.Calloc(1, op.Arg));
                break;
            default:
                MakeRare(op);
                break;
        }
    }

    private void MakeRare(in HeapOp op)
    {
        switch (op.Kind)
        {
            case HeapOpKind.Memalign:
                Take(op, _malloc.Memalign(Script.Alignments[(int)op.Aux], op.Arg));
                break;
            case HeapOpKind.AlignedAlloc:
                Take(op, _malloc.AlignedAlloc(Script.Alignments[(int)op.Aux], op.Arg));
                break;
            case HeapOpKind.PosixMemalign:
                _ = _malloc.PosixMemalign(Script.Alignments[(int)op.Aux], op.Arg, out ulong mem);
                Take(op, mem);
                break;
            case HeapOpKind.Valloc:
                Take(op, _malloc.Valloc(op.Arg));
                break;
            case HeapOpKind.Pvalloc:
                Take(op, _malloc.Pvalloc(op.Arg));
                break;
            case HeapOpKind.MallocTrim:
                Compare(op, (ulong)_malloc.MallocTrim(op.Arg));
                break;
            case HeapOpKind.Mallopt:
                Compare(op, (ulong)_malloc.Mallopt((int)op.Aux, (int)(long)op.Arg));
                break;
            case HeapOpKind.MallocUsableSize:
                Compare(op, _malloc.MallocUsableSize(Slots[op.Slot].Address));
                break;
            case HeapOpKind.FreeAddress:
                _calls++;
                _malloc.Free(op.Arg);
                return;
            case HeapOpKind.ReallocAddress:
                _calls++;
                _ = _malloc.Realloc(op.Arg, 1);
                return;
            case HeapOpKind.ThreadExit:
                _malloc.ThreadExit();
                return;
            case HeapOpKind.ForkChild:
                _malloc.ForkChild();
                return;
            case HeapOpKind.ForeignBreak:
                _malloc.ProgramMovedBreak(SystemCalls.MoveBreak(Space.Break + op.Arg));
                return;
            case HeapOpKind.ForeignCall:
                Foreign.Make(Script.ForeignCalls[(int)op.Aux]);
                return;
        }

        if (!op.Allocates)
            _calls++;
    }

    // A block was asked for: from now on it is live, and the program writes it.
    private void Take(in HeapOp op, ulong mem)
    {
        _calls++;
        Compare(op, mem);
        if (op.Slot == 0 || mem == 0)
            return;
        Slots[op.Slot] = new Slot { Address = mem, SizeBytes = op.Arg, Step = (uint)Position };
        _liveBlocks++;
        _liveBytes += op.Arg;
        if (Options.Touch != TouchAssumption.None)
            Pages.Touch(mem, op.Arg);
    }

    private void Free(in HeapOp op)
    {
        _calls++;
        if (op.Slot == 0)
            return;
        ref Slot slot = ref Slots[op.Slot];
        ulong mem = slot.Address;
        if (mem == 0)
            return;
        slot.Address = 0;
        _liveBlocks--;
        _liveBytes -= slot.SizeBytes;
        _malloc.Free(mem);
    }

    private void Realloc(in HeapOp op)
    {
        int old = (int)op.Aux;
        ulong mem = Slots[old].Address;
        if (mem == 0)
        {
            Take(op, _malloc.Realloc(0, op.Arg));
            return;
        }

        _calls++;
        ulong oldSize = Slots[old].SizeBytes;
        ulong moved = _malloc.Realloc(mem, op.Arg);
        Compare(op, moved);
        if (moved == 0 && op.Arg != 0)
            return;
        Slots[old].Address = 0;
        _liveBytes -= oldSize;
        if (op.Slot == 0)
        {
            _liveBlocks--;
            return;
        }

        Slots[op.Slot] = new Slot { Address = moved, SizeBytes = op.Arg, Step = (uint)Position };
        _liveBytes += op.Arg;
        if (op.Arg > oldSize && Options.Touch != TouchAssumption.None)
            Pages.Touch(moved + oldSize, op.Arg - oldSize);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Compare(in HeapOp op, ulong got)
    {
        if (!op.HasResult)
            return;
        _results++;
        if (got != op.Result)
            Differs();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Differs()
    {
        if (_different++ == 0)
            _firstDifferent = Position + 1;
    }

    private void NoteSystemBytes()
    {
        _systemCallsSeen = SystemCalls.Total;
        _arenaBytes = _malloc.TotalArenaBytes;
        ulong mmapped = _malloc.Parameters.MmappedMem;
        _peakArenaBytes = Math.Max(_peakArenaBytes, _arenaBytes);
        _peakMmappedBytes = Math.Max(_peakMmappedBytes, mmapped);
        _peakSystemBytes = Math.Max(_peakSystemBytes, _arenaBytes + mmapped);
    }
}
