using Pagewise.Abi;
using Pagewise.Malloc;
using Pagewise.Malloc.Flat;

namespace Pagewise.Replay.Heap;

/// <summary>malloc's door to the kernel during a check: every call is compared with the recorded one and gets its result.</summary>
internal readonly struct RecordedSystemCalls(SystemCallScript script) : ISystemCalls
{
    public SysResult Brk(ulong address)
    {
        if (script.Next(new ScriptedCall(Sysno.Brk, address, 0, 0, 0), out SysResult result))
            return script.Space.TrySetBreak(result.Address) ? result : SysResult.Of(script.Impossible(script.Space.Break));
        return SysResult.Of(script.Space.MoveBreak(address));
    }

    public SysResult Mmap(ulong address, ulong lengthBytes, Prot prot, MapFlags flags, int fd, ulong offsetBytes)
    {
        if (!script.Next(new ScriptedCall(Sysno.Mmap, address, lengthBytes, (ulong)prot, (ulong)flags), out SysResult result))
            return script.Space.Mmap(address, lengthBytes, flags);
        if (result.IsError || script.Space.TryMapAt(result.Address, lengthBytes))
            return result;
        _ = script.Impossible(result.Address);
        return Errno.ENOMEM;
    }

    public SysResult Munmap(ulong address, ulong lengthBytes)
    {
        bool scripted = script.Next(new ScriptedCall(Sysno.Munmap, address, lengthBytes, 0, 0), out SysResult result);
        if (!scripted || !result.IsError)
            script.Space.Unmap(address, lengthBytes);
        return scripted ? result : SysResult.Ok;
    }

    public SysResult Mprotect(ulong address, ulong lengthBytes, Prot prot) =>
        script.Next(new ScriptedCall(Sysno.Mprotect, address, lengthBytes, (ulong)prot, 0), out SysResult result) ? result : SysResult.Ok;

    public SysResult Mremap(ulong oldAddress, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags, ulong newAddress)
    {
        FlatAddressSpace space = script.Space;
        if (!script.Next(new ScriptedCall(Sysno.Mremap, oldAddress, oldLengthBytes, newLengthBytes, (ulong)flags), out SysResult result))
            return space.Mremap(oldAddress, oldLengthBytes, newLengthBytes, (flags & MremapFlags.MayMove) != 0);
        if (result.IsError)
            return result;
        bool done;
        if (result.Address != oldAddress)
        {
            done = space.TryMove(oldAddress, oldLengthBytes, result.Address, newLengthBytes);
        }
        else if (newLengthBytes > oldLengthBytes)
        {
            done = space.TryMapAt(oldAddress + oldLengthBytes, newLengthBytes - oldLengthBytes);
        }
        else
        {
            space.Unmap(oldAddress + newLengthBytes, oldLengthBytes - newLengthBytes);
            done = true;
        }

        if (done)
            return result;
        _ = script.Impossible(result.Address);
        return Errno.ENOMEM;
    }

    public SysResult Madvise(ulong address, ulong lengthBytes, Madvice advice)
    {
        if (advice == Madvice.DontNeed)
            script.Space.Discard(address, lengthBytes);
        return script.Next(new ScriptedCall(Sysno.Madvise, address, lengthBytes, (ulong)advice, 0), out SysResult result) ? result : SysResult.Ok;
    }
}
