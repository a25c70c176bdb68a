using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Faults;

namespace Pagewise.Replay.Heap;

/// <summary>Where malloc stands in a modelled process: the thread that calls it, with its two doors to the machine.</summary>
/// <param name="machine">The machine.</param>
/// <param name="counts">Where system calls are counted.</param>
internal sealed class TaskDoor(Machine machine, CallCounts counts)
{
    public Machine Machine { get; } = machine;

    /// <summary>The calling thread's index in the task table.</summary>
    public int Task { get; set; }

    /// <summary>Whether malloc is only looked at: what it reads is no access of the program, and it may not write.</summary>
    public bool IsPeeking { get; set; }

    public SysResult Count(Sysno call, SysResult result)
    {
        Machine.Clock.SystemCalls++;
        counts.Add(call, result.IsError);
        return result;
    }

    /// <summary>A load or store that got a signal ends the program: malloc only touches what it was given.</summary>
    public static void Check(FaultOutcome outcome, ulong address)
    {
        if (!outcome.IsResolved)
            throw new HeapDeathException($"{outcome.Signal} at 0x{address:x}, in malloc");
    }

    /// <summary>The first door.</summary>
    public readonly struct Calls(TaskDoor door) : ISystemCalls
    {
        public SysResult Brk(ulong address) => door.Count(Sysno.Brk, door.Machine.SystemCalls.Brk(door.Task, address));

        public SysResult Mmap(ulong address, ulong lengthBytes, Prot prot, MapFlags flags, int fd, ulong offsetBytes) =>
            door.Count(Sysno.Mmap, door.Machine.SystemCalls.Mmap(door.Task, address, lengthBytes, prot, flags, fd, offsetBytes));

        public SysResult Munmap(ulong address, ulong lengthBytes) =>
            door.Count(Sysno.Munmap, door.Machine.SystemCalls.Munmap(door.Task, address, lengthBytes));

        public SysResult Mprotect(ulong address, ulong lengthBytes, Prot prot) =>
            door.Count(Sysno.Mprotect, door.Machine.SystemCalls.Mprotect(door.Task, address, lengthBytes, prot));

        public SysResult Mremap(ulong oldAddress, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags, ulong newAddress) =>
            door.Count(Sysno.Mremap, door.Machine.SystemCalls.Mremap(door.Task, oldAddress, oldLengthBytes, newLengthBytes, flags, newAddress));

        public SysResult Madvise(ulong address, ulong lengthBytes, Madvice advice) =>
            door.Count(Sysno.Madvise, door.Machine.SystemCalls.Madvise(door.Task, address, lengthBytes, advice));
    }
}
