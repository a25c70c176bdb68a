using Pagewise.Abi;

namespace Pagewise.Malloc;

/// <content>
/// Threads and their arenas (malloc/arena.c): a thread takes a free arena, or a new one while the limit allows, or
/// shares the next in turn.
/// </content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    private MallocThread[] _threads;
    private int _currentThread;
    private ulong _threadArena;
    private ulong _freeList;
    private ulong _narenas;
    private ulong _narenasLimit;
    private ulong _nextToUse;

    /// <summary>The thread whose calls follow, as given to <see cref="SwitchThread"/>.</summary>
    public int CurrentThread => _currentThread;

    /// <summary>Arenas there are, the main one included.</summary>
    public int ArenaCount => (int)_narenas;

    /// <summary>The calls that follow are this thread's; thread 0 is the one that initialised malloc.</summary>
    /// <param name="thread">A small number of the caller's choosing, at least 0. It may be reused after <see cref="ThreadExit"/>.</param>
    public void SwitchThread(int thread)
    {
        if (thread == _currentThread)
            return;
        ref MallocThread leaving = ref _threads[_currentThread];
        leaving.Tcache = _tcache;
        leaving.Arena = _threadArena;
        if (thread >= _threads.Length)
            Array.Resize(ref _threads, Math.Max(_threads.Length * 2, thread + 1));
        ref MallocThread entering = ref _threads[thread];
        _tcache = entering.Tcache;
        _threadArena = entering.Arena;
        _currentThread = thread;
        _singleThread = false;
    }

    /// <summary>The process has, or has had, more than one thread: libc's single-thread short cuts are off for good.</summary>
    public void BecomeMultiThreaded() => _singleThread = false;

    /// <summary>
    /// The current thread ends (__malloc_arena_thread_freeres): its tcache is freed chunk by chunk and its arena, when
    /// nobody else is attached, goes on the free list.
    /// </summary>
    public void ThreadExit()
    {
        TcacheThreadShutdown();
        ulong av = _threadArena;
        _threadArena = 0;
        if (av != 0)
        {
            ulong attached = AttachedThreads(av) - 1;
            SetAttachedThreads(av, attached);
            if (attached == 0)
            {
                WriteWord(av + NextFreeOffset, _freeList);
                _freeList = av;
            }
        }

        _threads[_currentThread] = default;
        _tcache = 0;
    }

    /// <summary>
    /// What follows happens in a forked child, whose only thread is the current one (__malloc_fork_unlock_child): the arenas
    /// of threads that are not there any more are free. A process of one thread has none of those.
    /// </summary>
    public void ForkChild()
    {
        if (_singleThread)
            return;
        if (_threadArena != 0)
            SetAttachedThreads(_threadArena, 1);
        _freeList = 0;
        ulong av = _mainArena;
        do
        {
            if (av != _threadArena)
            {
                SetAttachedThreads(av, 0);
                WriteWord(av + NextFreeOffset, _freeList);
                _freeList = av;
            }

            av = NextArena(av);
        }
        while (av != _mainArena);
    }

    private ulong NextArena(ulong av) => ReadWord(av + NextOffset);

    private ulong AttachedThreads(ulong av) => ReadWord(av + AttachedThreadsOffset);

    private void SetAttachedThreads(ulong av, ulong count) => WriteWord(av + AttachedThreadsOffset, count);

    private ulong ArenaForChunk(ulong chunk) =>
        (Head(chunk) & NonMainArenaBit) == 0 ? _mainArena : ReadWord(HeapForPtr(chunk));

    /// <summary>The arena the current thread allocates from (arena_get).</summary>
    private ulong ArenaGet(ulong bytes) => _threadArena != 0 ? _threadArena : ArenaGet2(bytes, 0);

    /// <summary>Another arena after <paramref name="failed"/> had no memory: the main one, or if it was that, any other.</summary>
    private ulong ArenaGetRetry(ulong failed, ulong bytes) => failed != _mainArena ? _mainArena : ArenaGet2(bytes, failed);

    private ulong ArenaGet2(ulong bytes, ulong avoid)
    {
        ulong av = GetFreeList();
        if (av != 0)
            return av;
        if (_narenasLimit == 0)
        {
            if (_mp.ArenaMax != 0)
                _narenasLimit = _mp.ArenaMax;
            else if (_narenas > _mp.ArenaTest)
                _narenasLimit = (ulong)Math.Max(1, TRelease.ArenaLimitByAffinity ? _options.AffinityCpus ?? _options.Cpus : _options.Cpus) * (TAbi.LongSize == 4 ? 2UL : 8);
        }

        // A limit of 0, not known yet, wraps to no limit.
        if (_narenas <= Word(_narenasLimit - 1))
        {
            _narenas++;
            av = IntNewArena(bytes);
            if (av == 0)
                _narenas--;
            return av;
        }

        return ReusedArena(avoid);
    }

    private ulong GetFreeList()
    {
        ulong av = _freeList;
        if (av == 0)
            return 0;
        _freeList = ReadWord(av + NextFreeOffset);
        SetAttachedThreads(av, 1);
        DetachArena(_threadArena);
        _threadArena = av;
        return av;
    }

    private void DetachArena(ulong replaced)
    {
        if (replaced != 0)
            SetAttachedThreads(replaced, AttachedThreads(replaced) - 1);
    }

    // No lock is ever held by another thread here, so the first arena in turn is taken, also when it is the one that
    // just had no memory.
    private ulong ReusedArena(ulong avoid)
    {
        _ = avoid;
        if (_nextToUse == 0)
            _nextToUse = _mainArena;
        ulong av = _nextToUse;
        DetachArena(_threadArena);
        RemoveFromFreeList(av);
        SetAttachedThreads(av, AttachedThreads(av) + 1);
        _threadArena = av;
        _nextToUse = NextArena(av);
        return av;
    }

    private void RemoveFromFreeList(ulong av)
    {
        ulong previous = 0;
        for (ulong a = _freeList; a != 0; previous = a, a = ReadWord(a + NextFreeOffset))
        {
            if (a != av)
                continue;
            ulong next = ReadWord(a + NextFreeOffset);
            if (previous == 0)
                _freeList = next;
            else
                WriteWord(previous + NextFreeOffset, next);
            return;
        }
    }

    /// <summary>
    /// Creates an arena whose state lies at the beginning of its first heap, and attaches the current thread. The heap has
    /// room for the request that wants the arena, unless no heap is large enough for that.
    /// </summary>
    private ulong IntNewArena(ulong bytes)
    {
        ulong needed = HeapInfoSize + MallocStateSize + TAbi.MallocAlignment;
        ulong heap = NewHeap(Word(needed + bytes), _mp.TopPad);
        if (heap == 0)
            heap = NewHeap(needed, _mp.TopPad);
        if (heap == 0)
            return 0;
        ulong av = heap + HeapInfoSize;
        WriteWord(heap, av);
        MallocInitState(av);
        SetAttachedThreads(av, 1);
        WriteWord(av + SystemMemOffset, HeapSize(heap));
        SetMaxSystemMem(av, HeapSize(heap));

        ulong top = av + MallocStateSize;
        ulong misalign = Chunk2Mem(top) & AlignMask;
        if (misalign > 0)
            top += TAbi.MallocAlignment - misalign;
        SetTop(av, top);
        SetHead(top, (heap + HeapSize(heap) - top) | PrevInuseBit);

        ulong replaced = _threadArena;
        _threadArena = av;
        WriteWord(av + NextOffset, NextArena(_mainArena));
        WriteWord(_mainArena + NextOffset, av);
        DetachArena(replaced);
        return av;
    }
}
