using Pagewise.Abi;
using Pagewise.Malloc;
using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>The check of one recording, on the allocator of its platform and release.</summary>
internal sealed class HeapCheckRun<TAbi, TRelease> : HeapCheckRun, IHeapView
    where TAbi : struct, IMallocAbi
    where TRelease : struct, IGlibcRelease
{
    private readonly PtMalloc<TAbi, TRelease, FlatMemory, RecordedSystemCalls> _malloc;

    public HeapCheckRun(HeapPrologue prologue, ResultLog log, Action<string, IHeapView>? observe)
        : base(prologue, log, observe)
    {
        Script = new SystemCallScript(Space, log);
        _malloc = new(Space.Memory, new RecordedSystemCalls(Script), prologue.CreateOptions());
    }

    protected override SystemCallScript Script { get; }

    protected override IHeapView View => this;

    public MallInfo Mallinfo2() => _malloc.Mallinfo2();

    public string MallocInfo() => _malloc.MallocInfo();

    public string MallocStats() => _malloc.MallocStats();

    public List<HeapChunk> WalkChunks() => _malloc.WalkChunks();

    public void Validate() => _malloc.Validate();

    protected override void SwitchThread(int thread) => _malloc.SwitchThread(thread);

    protected override void EndThread() => _malloc.ThreadExit();

    protected override void TellBreak(ulong address) => _malloc.ProgramMovedBreak(address);

    protected override ulong Call(in HeapCallRecord call, ulong pointer, out Errno error)
    {
        error = Errno.None;
        switch (call.Function)
        {
            case HeapFunction.Malloc:
                return _malloc.Malloc(call.Arg0);
            case HeapFunction.Calloc:
                return _malloc.Calloc(call.Arg0, call.Arg1);
            case HeapFunction.Realloc:
                return _malloc.Realloc(pointer, call.Arg1);
            case HeapFunction.Free:
                _malloc.Free(pointer);
                return 0;
            case HeapFunction.Memalign:
                return _malloc.Memalign(call.Arg0, call.Arg1);
            case HeapFunction.AlignedAlloc:
                return _malloc.AlignedAlloc(call.Arg0, call.Arg1);
            case HeapFunction.PosixMemalign:
                error = _malloc.PosixMemalign(call.Arg0, call.Arg1, out ulong mem);
                return mem;
            case HeapFunction.Valloc:
                return _malloc.Valloc(call.Arg0);
            case HeapFunction.Pvalloc:
                return _malloc.Pvalloc(call.Arg0);
            case HeapFunction.MallocTrim:
                return (ulong)_malloc.MallocTrim(call.Arg0);
            case HeapFunction.Mallopt:
                return (ulong)_malloc.Mallopt((int)(long)call.Arg0, (int)(long)call.Arg1);
            case HeapFunction.MallocUsableSize:
                return _malloc.MallocUsableSize(pointer);
            default:
                throw new ArgumentOutOfRangeException(nameof(call), call.Function, "is no call of the malloc family");
        }
    }
}
