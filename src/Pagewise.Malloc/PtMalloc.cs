using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <summary>
/// glibc's allocator (malloc/malloc.c, arena.c): it places every chunk where glibc does, in real chunk headers in its
/// memory, and reaches the kernel by system calls only. Calls are those of one process, one at a time; which thread
/// calls is set by <see cref="SwitchThread"/>, so locks are never contended.
/// </summary>
/// <typeparam name="TAbi">Word size and alignment.</typeparam>
/// <typeparam name="TRelease">The glibc release.</typeparam>
/// <typeparam name="TMemory">The memory that chunks live in.</typeparam>
/// <typeparam name="TSys">The kernel's door.</typeparam>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
    where TAbi : struct, IMallocAbi
    where TRelease : struct, IGlibcRelease
    where TMemory : struct, IUserMemory
    where TSys : struct, ISystemCalls
{
    private readonly ulong _mainArena;
    private readonly MallocOptions _options;
    private TMemory _memory;
    private TSys _sys;
    private MallocPar _mp;
    private ulong _globalMaxFast;
    private int _perturb;
    private bool _singleThread = true;

    /// <summary>A process that has not called malloc yet.</summary>
    public PtMalloc(TMemory memory, TSys sys, MallocOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _memory = memory;
        _sys = sys;
        _options = options;
        _mainArena = options.MainArenaAddress;
        _curbrk = options.KnownBreak;
        _threads = new MallocThread[16];
        PtmallocInit();
    }

    /// <summary>The parameters and statistics of mapped chunks (<c>mp_</c>).</summary>
    public MallocPar Parameters => _mp;

    /// <summary>The largest chunk size that goes to a fast bin, in bytes (<c>global_max_fast</c>).</summary>
    public ulong MaxFast => _globalMaxFast;

    /// <summary>errno as the last failed call left it.</summary>
    public Errno LastErrno { get; private set; }

    /// <summary>Where main_arena lies (it is part of libc's data).</summary>
    public ulong MainArena => _mainArena;

    /// <summary>The memory the allocator works in.</summary>
    public ref TMemory Memory => ref _memory;

    /// <summary>The system calls the allocator makes.</summary>
    public ref TSys SystemCalls => ref _sys;

    private static ulong SizeSz
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TAbi.SizeSz;
    }

    private static ulong ChunkHdrSz
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * TAbi.SizeSz;
    }

    private static ulong AlignMask
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TAbi.MallocAlignment - 1;
    }

    private static ulong MinChunkSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4 * TAbi.SizeSz;
    }

    private static ulong MinSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (MinChunkSize + AlignMask) & ~AlignMask;
    }

    private static ulong PtrdiffMax
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TAbi.SizeSz == 8 ? (ulong)long.MaxValue : int.MaxValue;
    }

    private static ulong MmapThresholdMax
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TAbi.LongSize == 8 ? 4UL * 1024 * 1024 * 8 : 512 * 1024;
    }

    private ulong PageSize => _options.PageSizeBytes;

    // malloc_init_state for main_arena, default parameters, then the tunables: what ptmalloc_init does.
    private void PtmallocInit()
    {
        _mp = new MallocPar
        {
            TrimThreshold = 128 * 1024,
            TopPad = 128 * 1024,
            MmapThreshold = 128 * 1024,
            NMmapsMax = 65536,
            ArenaTest = TAbi.LongSize == 4 ? 2UL : 8UL,
            TcacheBins = TcacheSmallBins,
            TcacheMaxBytes = MaxTcacheSize,
            TcacheLimit = DefaultTcacheLimit,
            TcacheCount = TRelease.TcacheFillCount,
        };
        _narenas = 1;
        WriteWord(_mainArena + NextOffset, _mainArena);
        WriteWord(_mainArena + AttachedThreadsOffset, 1);
        MallocInitState(_mainArena);
        _threads[_currentThread].Arena = _mainArena;
        _threadArena = _mainArena;
        ApplyTunables(_options.Tunables);
    }

    private void MallocInitState(ulong av)
    {
        for (int i = 1; i < NBins; i++)
        {
            ulong bin = BinAt(av, i);
            SetFd(bin, bin);
            SetBk(bin, bin);
        }

        if (av != _mainArena)
            SetNoncontiguous(av);
        else if (TRelease.HasFastbins)
            SetMaxFast(DefaultMxFast);
        if (TRelease.HasFastbins)
            SetHaveFastchunks(av, false);
        SetTop(av, UnsortedChunks(av));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ReadWord(ulong address) => TAbi.SizeSz == 8 ? _memory.ReadU64(address) : _memory.ReadU32(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteWord(ulong address, ulong value)
    {
        if (TAbi.SizeSz == 8)
            _memory.WriteU64(address, value);
        else
            _memory.WriteU32(address, (uint)value);
    }

    /// <summary>A size_t: arithmetic wraps at the word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ulong value) => TAbi.SizeSz == 8 ? value : (uint)value;

    /// <summary>A size_t read as a signed long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Signed(ulong value) => TAbi.SizeSz == 8 ? (long)value : (int)(uint)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AlignUp(ulong value, ulong alignment) => Word((value + alignment - 1) & ~(alignment - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AlignDown(ulong value, ulong alignment) => value & ~(alignment - 1);

    /// <summary>request2size: the chunk that holds a request; the next chunk's prev_size word is lent to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Request2Size(ulong request) =>
        request + SizeSz + AlignMask < MinSize ? MinSize : (request + SizeSz + AlignMask) & ~AlignMask;

    /// <summary>checked_request2size: false, with ENOMEM, when the request is above PTRDIFF_MAX.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool CheckedRequest2Size(ulong request, out ulong nb)
    {
        if (request > PtrdiffMax)
        {
            nb = 0;
            LastErrno = Errno.ENOMEM;
            return false;
        }

        nb = Request2Size(request);
        return true;
    }

    private ulong OutOfMemory()
    {
        LastErrno = Errno.ENOMEM;
        return 0;
    }

    [DoesNotReturn]
    private static void MallocPrinterr(string message) => throw new MallocAbortException(message);
}
