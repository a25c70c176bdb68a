using Pagewise.Abi;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>
/// A heap recording in memory, made ready to be replayed many times, with other tunables too: every pointer is the slot of
/// a block. Read-only once read, so replays may run side by side.
/// </summary>
public sealed class HeapScript
{
    private const int BlockBits = 16;
    private readonly List<HeapOp[]> _blocks = [];

    // How many calls come before each block of steps.
    private readonly List<long> _callsBefore = [];

    internal HeapScript(string file, RecordingFormat format)
    {
        File = file;
        Format = format;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The recording's format.</summary>
    public RecordingFormat Format { get; }

    /// <summary>What the recording says before its first call.</summary>
    public HeapPrologue Prologue { get; } = new();

    /// <summary>
    /// The release that it is replayed on unless options name another: the recorded one and, where two go by that name,
    /// the one that its first differing result speaks for.
    /// </summary>
    public string Release { get; private set; } = "";

    /// <summary>Steps.</summary>
    public long Count { get; private set; }

    /// <summary>Calls of the malloc family among them.</summary>
    public long Calls { get; private set; }

    /// <summary>One past the highest slot used.</summary>
    public int SlotEnd { get; internal set; } = 1;

    /// <summary>The most threads that lived at once.</summary>
    public int Threads { get; internal set; }

    /// <summary>Alignments that calls ask for, by their number.</summary>
    public IReadOnlyList<ulong> Alignments { get; internal set; } = [];

    /// <summary>The program's own system calls, by their number.</summary>
    public IReadOnlyList<ForeignCall> ForeignCalls { get; internal set; } = [];

    /// <summary>Where the kernel put what malloc mapped or moved, by the step that did: with other tunables it would be elsewhere.</summary>
    internal IReadOnlyList<(long Step, Sysno Call, ulong Address)> Placements { get; set; } = [];

    /// <summary>What the recording's format does not have; empty for heap recordings.</summary>
    public string Lacks { get; internal set; } = "";

    /// <summary>Whether the recording has malloc's own system calls.</summary>
    public bool HasSystemCalls { get; internal set; }

    /// <summary>What could not be taken as recorded, each kind with how often it happened, ordered.</summary>
    public IReadOnlyDictionary<string, long> Warnings { get; internal set; } = new SortedDictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Steps in blocks of 65,536, the last one perhaps not full.</summary>
    internal IReadOnlyList<HeapOp[]> Blocks => _blocks;

    /// <summary>A step, from 0.</summary>
    public ref readonly HeapOp this[long index] => ref _blocks[(int)(index >> BlockBits)][(int)(index & ((1 << BlockBits) - 1))];

    /// <summary>Reads a recording to its end.</summary>
    /// <exception cref="RecordingException">It is damaged, or holds no call of the malloc family.</exception>
    public static HeapScript Read(string file)
    {
        using RecordingReader reader = RecordingReader.Open(file);
        return Read(reader);
    }

    /// <summary>Reads a recording that is open to its end; the caller disposes it.</summary>
    /// <exception cref="RecordingException">It is damaged, or holds no call of the malloc family.</exception>
    public static HeapScript Read(RecordingReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var builder = new HeapScriptBuilder(reader);
        HeapScript script = builder.Build();
        script.Release = HeapReplayer.ChooseRelease(script);
        return script;
    }

    /// <summary>The step that is a call, by the call's number from 1; the last step for a number beyond the last call.</summary>
    public long StepOfCall(long call)
    {
        int block = 0;
        while (block + 1 < _callsBefore.Count && _callsBefore[block + 1] < call)
            block++;
        long calls = _callsBefore[block];
        for (long step = (long)block << BlockBits; step < Count; step++)
        {
            if (this[step].IsCall && ++calls == call)
                return step;
        }

        return Count - 1;
    }

    /// <summary>How many calls the script has up to and with a step, from 0: the number of the call that the step is.</summary>
    public long CallOfStep(long step)
    {
        if (step < 0)
            return 0;
        long block = Math.Min(step, Count - 1) >> BlockBits;
        long calls = _callsBefore[(int)block];
        for (long i = block << BlockBits; i <= step && i < Count; i++)
            calls += this[i].IsCall ? 1 : 0;
        return calls;
    }

    /// <summary>A step as a call reads: <c>malloc(24)</c>, <c>realloc(…, 4096)</c>.</summary>
    public string Describe(long step)
    {
        HeapOp op = this[step];
        return op.Kind switch
        {
            HeapOpKind.Malloc => $"malloc({op.Arg})",
            HeapOpKind.Calloc => $"calloc({op.Arg} bytes)",
            HeapOpKind.Realloc => op.Aux == 0 ? $"realloc(0, {op.Arg})" : $"realloc(…, {op.Arg})",
            HeapOpKind.Free => op.Slot == 0 ? "free(0)" : "free(…)",
            HeapOpKind.Memalign => $"memalign({Alignments[(int)op.Aux]}, {op.Arg})",
            HeapOpKind.AlignedAlloc => $"aligned_alloc({Alignments[(int)op.Aux]}, {op.Arg})",
            HeapOpKind.PosixMemalign => $"posix_memalign({Alignments[(int)op.Aux]}, {op.Arg})",
            HeapOpKind.Valloc => $"valloc({op.Arg})",
            HeapOpKind.Pvalloc => $"pvalloc({op.Arg})",
            HeapOpKind.MallocTrim => $"malloc_trim({op.Arg})",
            HeapOpKind.Mallopt => $"mallopt({(int)op.Aux}, {(long)op.Arg})",
            HeapOpKind.MallocUsableSize => "malloc_usable_size(…)",
            HeapOpKind.FreeAddress => $"free(0x{op.Arg:x})",
            HeapOpKind.ReallocAddress => $"realloc(0x{op.Arg:x}, …)",
            HeapOpKind.ThreadExit => "the end of a thread",
            HeapOpKind.ForkChild => "fork",
            _ => "a system call of the program",
        };
    }

    internal void Add(in HeapOp op)
    {
        int place = (int)(Count & ((1 << BlockBits) - 1));
        if (place == 0)
        {
            _blocks.Add(new HeapOp[1 << BlockBits]);
            _callsBefore.Add(Calls);
        }

        _blocks[^1][place] = op;
        Count++;
        Calls += op.IsCall ? 1 : 0;
    }
}
