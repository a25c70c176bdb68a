using Pagewise.Abi;
using Pagewise.Malloc;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>An allocator in a modelled process, whatever its platform and release.</summary>
internal abstract class TaskAllocator
{
    /// <summary>The allocator that a recording describes.</summary>
    /// <param name="file">The recording, for messages.</param>
    /// <param name="prologue">What it says before its first call.</param>
    /// <param name="release">The release.</param>
    /// <param name="door">Where malloc stands.</param>
    /// <param name="place">Break, main_arena and CPUs of the modelled process; the rest of the options is the recording's.</param>
    /// <exception cref="RecordingException">The recording is of a platform or release that is not modelled.</exception>
    public static TaskAllocator Create(string file, HeapPrologue prologue, string release, TaskDoor door, MallocOptions place) =>
        AllocatorModels.Visit(prologue.Platform, release, new Visitor(prologue, door, place)) ?? throw prologue.NotModelled(file);

    public abstract void SwitchThread(int thread);

    public abstract void EndThread();

    public abstract void ForkChild();

    public abstract void ProgramMovedBreak(ulong address);

    public abstract List<HeapChunk> WalkChunks();

    public abstract ulong Make(in HeapCallRecord call, ulong pointer, out Errno error);

    private sealed class Visitor(HeapPrologue prologue, TaskDoor door, MallocOptions place) : IAllocatorVisitor<TaskAllocator>
    {
        public TaskAllocator Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease => new Of<TAbi, TRelease>(door, prologue.CreateOptions<TRelease>() with
            {
                KnownBreak = place.KnownBreak,
                MainArenaAddress = place.MainArenaAddress,
                Cpus = place.Cpus,
            });
    }

    private sealed class Of<TAbi, TRelease>(TaskDoor door, MallocOptions options) : TaskAllocator
        where TAbi : struct, IMallocAbi
        where TRelease : struct, IGlibcRelease
    {
        private readonly PtMalloc<TAbi, TRelease, TaskMemory, TaskDoor.Calls> _malloc = new(new TaskMemory(door), new TaskDoor.Calls(door), options);

        public override void SwitchThread(int thread) => _malloc.SwitchThread(thread);

        public override void EndThread() => _malloc.ThreadExit();

        public override void ForkChild() => _malloc.ForkChild();

        public override void ProgramMovedBreak(ulong address) => _malloc.ProgramMovedBreak(address);

        public override List<HeapChunk> WalkChunks() => _malloc.WalkChunks();

        public override ulong Make(in HeapCallRecord call, ulong pointer, out Errno error) => RecordedHeapCall.Make(_malloc, call, pointer, out error);
    }
}
