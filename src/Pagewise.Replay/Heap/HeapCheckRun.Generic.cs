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
        _malloc = new(Space.Memory, new RecordedSystemCalls(Script), prologue.CreateOptions<TRelease>());
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

    protected override void ForkChild() => _malloc.ForkChild();

    protected override void TellBreak(ulong address) => _malloc.ProgramMovedBreak(address);

    protected override ulong Call(in HeapCallRecord call, ulong pointer, out Errno error) =>
        RecordedHeapCall.Make(_malloc, call, pointer, out error);
}
