using Pagewise.Abi;
using Pagewise.Malloc.Flat;

namespace Pagewise.Replay.Heap;

/// <summary>malloc's door to a flat address space: calls are counted, and what they take or give back changes what is resident.</summary>
/// <param name="space">The address space.</param>
/// <param name="pages">Its resident pages.</param>
/// <param name="recorded">Where a recording says that mappings were placed; none leaves it to the address space.</param>
internal sealed class CountedSystemCalls(
    FlatAddressSpace space, TouchedPages pages, IReadOnlyList<(long Step, Sysno Call, ulong Address)> recorded)
{
    private int _nextRecorded;
    private long _brk;
    private long _mmap;
    private long _munmap;
    private long _mremap;
    private long _mprotect;
    private long _madvise;

    /// <summary>The step that is being made.</summary>
    public Func<long> Step { get; set; } = () => -1;

    /// <summary>How many calls were made.</summary>
    public long Total { get; private set; }

    public HeapSystemCalls Counts => new(_brk, _mmap, _munmap, _mremap, _mprotect, _madvise);

    public SysResult Brk(ulong address)
    {
        Total++;
        _brk++;
        return SysResult.Of(MoveBreak(address));
    }

    /// <summary>Moves the break for malloc or for the program itself.</summary>
    public ulong MoveBreak(ulong address)
    {
        ulong before = space.Break;
        ulong after = space.MoveBreak(address);
        if (after < before)
            pages.GiveBack(after, before - after);
        return after;
    }

    public SysResult Mmap(ulong address, ulong lengthBytes, MapFlags flags)
    {
        Total++;
        _mmap++;
        SysResult result = (flags & MapFlags.Fixed) == 0 && Recorded(Sysno.Mmap) is var place and not 0 && space.TryMapAt(place, lengthBytes)
            ? SysResult.Of(place)
            : space.Mmap(address, lengthBytes, flags);
        if (!result.IsError)
            pages.GiveBack(result.Address, lengthBytes);
        return result;
    }

    public SysResult Munmap(ulong address, ulong lengthBytes)
    {
        Total++;
        _munmap++;
        space.Unmap(address, lengthBytes);
        pages.GiveBack(address, lengthBytes);
        return SysResult.Ok;
    }

    public SysResult Mprotect()
    {
        Total++;
        _mprotect++;
        return SysResult.Ok;
    }

    public SysResult Mremap(ulong address, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags)
    {
        Total++;
        _mremap++;
        ulong place = Recorded(Sysno.Mremap);
        SysResult result = place != 0 && place != address && space.TryMove(address, oldLengthBytes, place, newLengthBytes)
            ? SysResult.Of(place)
            : space.Mremap(address, oldLengthBytes, newLengthBytes, (flags & MremapFlags.MayMove) != 0);
        if (result.IsError)
            return result;
        if (newLengthBytes < oldLengthBytes)
            pages.GiveBack(address + newLengthBytes, oldLengthBytes - newLengthBytes);
        if (result.Address != address)
            pages.Move(address, result.Address, Math.Min(oldLengthBytes, newLengthBytes));
        return result;
    }

    public SysResult Madvise(ulong address, ulong lengthBytes, Madvice advice)
    {
        Total++;
        _madvise++;
        if (advice == Madvice.DontNeed)
        {
            space.Discard(address, lengthBytes);
            pages.GiveBack(address, lengthBytes);
        }

        return SysResult.Ok;
    }

    private ulong Recorded(Sysno call)
    {
        if (_nextRecorded >= recorded.Count)
            return 0;
        long step = Step();
        while (_nextRecorded < recorded.Count && recorded[_nextRecorded].Step < step)
            _nextRecorded++;
        return _nextRecorded < recorded.Count && recorded[_nextRecorded].Step == step && recorded[_nextRecorded].Call == call
            ? recorded[_nextRecorded++].Address
            : 0;
    }

    /// <summary>These calls as the allocator takes them.</summary>
    public readonly struct Door(CountedSystemCalls calls) : ISystemCalls
    {
        public SysResult Brk(ulong address) => calls.Brk(address);

        public SysResult Mmap(ulong address, ulong lengthBytes, Prot prot, MapFlags flags, int fd, ulong offsetBytes) =>
            calls.Mmap(address, lengthBytes, flags);

        public SysResult Munmap(ulong address, ulong lengthBytes) => calls.Munmap(address, lengthBytes);

        public SysResult Mprotect(ulong address, ulong lengthBytes, Prot prot) => calls.Mprotect();

        public SysResult Mremap(ulong oldAddress, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags, ulong newAddress) =>
            calls.Mremap(oldAddress, oldLengthBytes, newLengthBytes, flags);

        public SysResult Madvise(ulong address, ulong lengthBytes, Madvice advice) => calls.Madvise(address, lengthBytes, advice);
    }
}
