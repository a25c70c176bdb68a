using Pagewise.Abi;
using Pagewise.Malloc;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>Makes a recorded call on an allocator.</summary>
internal static class RecordedHeapCall
{
    /// <summary>Makes the call.</summary>
    /// <param name="malloc">The allocator.</param>
    /// <param name="call">The call; not a thread's end.</param>
    /// <param name="pointer">The model's address of the block that it frees, resizes or asks about.</param>
    /// <param name="error">What posix_memalign returned.</param>
    /// <returns>The result: a pointer or a number; 0 for functions that return nothing.</returns>
    public static ulong Make<TAbi, TRelease, TMemory, TSys>(
        PtMalloc<TAbi, TRelease, TMemory, TSys> malloc, in HeapCallRecord call, ulong pointer, out Errno error)
        where TAbi : struct, IMallocAbi
        where TRelease : struct, IGlibcRelease
        where TMemory : struct, IUserMemory
        where TSys : struct, ISystemCalls
    {
        error = Errno.None;
        switch (call.Function)
        {
            case HeapFunction.Malloc:
                return malloc.Malloc(call.Arg0);
            case HeapFunction.Calloc:
                return malloc.Calloc(call.Arg0, call.Arg1);
            case HeapFunction.Realloc:
                return malloc.Realloc(pointer, call.Arg1);
            case HeapFunction.Free:
                malloc.Free(pointer);
                return 0;
            case HeapFunction.Memalign:
                return malloc.Memalign(call.Arg0, call.Arg1);
            case HeapFunction.AlignedAlloc:
                return malloc.AlignedAlloc(call.Arg0, call.Arg1);
            case HeapFunction.PosixMemalign:
                error = malloc.PosixMemalign(call.Arg0, call.Arg1, out ulong mem);
                return mem;
            case HeapFunction.Valloc:
                return malloc.Valloc(call.Arg0);
            case HeapFunction.Pvalloc:
                return malloc.Pvalloc(call.Arg0);
            case HeapFunction.MallocTrim:
                return (ulong)malloc.MallocTrim(call.Arg0);
            case HeapFunction.Mallopt:
                return (ulong)malloc.Mallopt((int)(long)call.Arg0, (int)(long)call.Arg1);
            case HeapFunction.MallocUsableSize:
                return malloc.MallocUsableSize(pointer);
            default:
                throw new ArgumentOutOfRangeException(nameof(call), call.Function, "is no call of the malloc family");
        }
    }
}
