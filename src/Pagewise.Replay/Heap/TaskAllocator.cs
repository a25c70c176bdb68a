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
    /// <exception cref="RecordingException">The recording is of a platform or release that is not modelled.</exception>
    public static TaskAllocator Create(string file, HeapPrologue prologue, TaskDoor door, MallocOptions options)
    {
        if (prologue.Release.Length > 0 && !HeapChecker.Releases.Contains(prologue.Release))
            throw new RecordingException(file, $"is of glibc {prologue.Release}; modelled are {string.Join(", ", HeapChecker.Releases)}");
        return prologue.Platform switch
        {
            "x86_64" => new Of<X8664Abi, Glibc236>(door, options),
            "i386" => new Of<I386Abi, Glibc236>(door, options),
            "armhf" => new Of<Arm32Abi, Glibc236>(door, options),
            _ => throw new RecordingException(file, $"is of {prologue.Platform}; modelled are x86_64, i386, armhf"),
        };
    }

    public abstract void SwitchThread(int thread);

    public abstract void EndThread();

    public abstract void ForkChild();

    public abstract void ProgramMovedBreak(ulong address);

    public abstract ulong Make(in HeapCallRecord call, ulong pointer, out Errno error);

    private sealed class Of<TAbi, TRelease>(TaskDoor door, MallocOptions options) : TaskAllocator
        where TAbi : struct, IMallocAbi
        where TRelease : struct, IGlibcRelease
    {
        private readonly PtMalloc<TAbi, TRelease, TaskMemory, TaskDoor.Calls> _malloc = new(new TaskMemory(door), new TaskDoor.Calls(door), options);

        public override void SwitchThread(int thread) => _malloc.SwitchThread(thread);

        public override void EndThread() => _malloc.ThreadExit();

        public override void ForkChild() => _malloc.ForkChild();

        public override void ProgramMovedBreak(ulong address) => _malloc.ProgramMovedBreak(address);

        public override ulong Make(in HeapCallRecord call, ulong pointer, out Errno error) => RecordedHeapCall.Make(_malloc, call, pointer, out error);
    }
}
