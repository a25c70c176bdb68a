using Pagewise.Malloc;
using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>
/// A heap script on the modelled allocator, over flat memory, step by step: what malloc would hold, what would be resident,
/// and what malloc would ask of the kernel. Mappings lie where they were recorded or, with other tunables and where nothing
/// was recorded, where Linux's rules put them.
/// </summary>
public abstract class HeapReplayer : IHeapView, IDisposable
{
    private const int NarrowFoldBits = 40;
    private const int WideFoldBits = 43;

    private readonly Slot[] _slots;
    private readonly long _sampleEvery;
    private readonly List<HeapSample> _samples = [];

    /// <summary>A block of the program, by the slot that the script gives it.</summary>
    private protected struct Slot
    {
        /// <summary>Where the model has it; 0 when it is not live.</summary>
        public ulong Address;

        /// <summary>What the program asked for.</summary>
        public ulong SizeBytes;

        /// <summary>The step that took it, from 0.</summary>
        public uint Step;
    }

    private protected HeapReplayer(HeapScript script, HeapReplayOptions options, int foldBits)
    {
        Script = script;
        Options = options;
        _slots = new Slot[script.SlotEnd];
        _sampleEvery = options.Samples > 0 ? Math.Max(1, script.Count / options.Samples) : long.MaxValue;
        Space = script.Prologue.CreateAddressSpace(placedByQemu: script.Prologue.Platform == "armhf", foldBits);
        Pages = new TouchedPages(foldBits);
        SystemCalls = new CountedSystemCalls(Space, Pages, IsAsRecorded(script, options) ? script.Placements : []) { Step = () => Position };
        Foreign = new ForeignMaps(Space, script.Prologue.Maps);
    }

    /// <summary>What is replayed.</summary>
    public HeapScript Script { get; }

    /// <summary>How.</summary>
    public HeapReplayOptions Options { get; }

    /// <summary>Steps made.</summary>
    public long Position { get; private protected set; }

    /// <summary>The timeline so far.</summary>
    public IReadOnlyList<HeapSample> Samples => _samples;

    /// <summary>The parameters in force (<c>mp_</c>).</summary>
    public abstract MallocPar Parameters { get; }

    private protected FlatAddressSpace Space { get; }

    private protected TouchedPages Pages { get; }

    private protected CountedSystemCalls SystemCalls { get; }

    private protected ForeignMaps Foreign { get; }

    /// <summary>A replay at its beginning.</summary>
    /// <exception cref="RecordingException">The recording is of a platform or release that is not modelled.</exception>
    public static HeapReplayer Create(HeapScript script, HeapReplayOptions options)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(options);
        HeapPrologue prologue = script.Prologue;
        var visitor = new ReplayerVisitor(script, options, prologue.Is32Bit ? 32 : FoldBits(prologue));
        string release = options.Release ?? script.Release;
        HeapReplayer? replayer = options.Swap is { } swap
            ? ReleaseChanges.VisitSwapped(prologue.Platform, release, swap.Change, swap.From, visitor)
            : AllocatorModels.Visit(prologue.Platform, release, visitor);
        return replayer ?? throw prologue.NotModelled(script.File);
    }

    // Only then do mappings lie where the kernel put them.
    private static bool IsAsRecorded(HeapScript script, HeapReplayOptions options) =>
        options.Tunables is null && options.Swap is null && (options.Release ?? script.Release) == script.Release;

    // The release of a recording. Two that go by one name are tried until one of them differs.
    internal static string ChooseRelease(HeapScript script)
    {
        const long Stretch = 1 << 16;
        IReadOnlyList<string> names = AllocatorModels.Named(script.Prologue.ModelledRelease);
        if (names.Count == 1)
            return names[0];
        List<HeapReplayer> replayers = [.. names.Select(name => Create(script, new HeapReplayOptions { Release = name, Samples = 0 }))];
        try
        {
            for (long position = Stretch; replayers.TrueForAll(replayer => replayer.Totals.Different == 0) && position < script.Count + Stretch; position += Stretch)
                replayers.ForEach(replayer => replayer.AdvanceTo(Math.Min(position, script.Count)));
            return names[replayers.IndexOf(replayers.MinBy(replayer => replayer.Totals.Different)!)];
        }
        finally
        {
            replayers.ForEach(replayer => replayer.Dispose());
        }
    }

    private sealed class ReplayerVisitor(HeapScript script, HeapReplayOptions options, int foldBits) : IAllocatorVisitor<HeapReplayer>
    {
        public HeapReplayer Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease => new HeapReplayer<TAbi, TRelease>(script, options, foldBits);
    }

    /// <summary>Makes steps up to a position, or to the end, or to the one that ends the program.</summary>
    public abstract void AdvanceTo(long position);

    /// <summary>Makes all steps that are left.</summary>
    public void Run() => AdvanceTo(Script.Count);

    /// <summary>What was counted so far.</summary>
    public abstract HeapTotals Totals { get; }

    /// <summary>Every chunk and block as they lie now.</summary>
    public abstract HeapSnapshot TakeSnapshot();

    /// <summary>malloc_trim(3), which the recording does not have: what would it give back?</summary>
    public abstract int MallocTrim(ulong pad);

    /// <inheritdoc/>
    public abstract MallInfo Mallinfo2();

    /// <inheritdoc/>
    public abstract string MallocInfo();

    /// <inheritdoc/>
    public abstract string MallocStats();

    /// <inheritdoc/>
    public abstract List<HeapChunk> WalkChunks();

    /// <inheritdoc/>
    public abstract void Validate();

    /// <summary>Whether a page is resident.</summary>
    public bool IsResident(ulong address) => Pages.IsResident(address);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private protected Slot[] Slots => _slots;

    private protected long NextSample { get; private set; }

    private protected void Sample(long position, ulong live, ulong system, ulong resident)
    {
        _samples.Add(new HeapSample(position, live, system, resident));
        NextSample = position + _sampleEvery;
    }

    private protected void BeginSamples() => NextSample = _sampleEvery == long.MaxValue ? long.MaxValue : 0;

    /// <summary>Frees the native memory.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        Space.Dispose();
        Pages.Dispose();
    }

    // The bits whose fold leaves the most room between heap and mappings, the fewest that leave enough: a grid of replays
    // reserves 2 to their power for each.
    private static int FoldBits(HeapPrologue prologue)
    {
        const ulong Enough = 256UL << 30;
        ulong start = prologue.HeapStart != 0 ? prologue.HeapStart : FlatLayout.X8664.StartBreak;
        int best = NarrowFoldBits;
        ulong most = 0;
        for (int bits = NarrowFoldBits; bits <= WideFoldBits; bits++)
        {
            ulong fold = 1UL << bits;
            ulong room = fold - ((start - prologue.MmapTop) & (fold - 1));
            if (room >= Enough)
                return bits;
            if (room > most)
                (most, best) = (room, bits);
        }

        return best;
    }
}
