using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.SystemCalls;
using Pagewise.Procfs;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>The memory calls: made, compared, and the model brought back where they differ.</content>
public sealed partial class Replayer
{
    private const int MincoreLimit = 1 << 24;

    private static ulong PageUp(ulong value) => (value + 4095) & ~4095UL;

    private void ReplayBrk(ReplayTask task, ref CallRecord call)
    {
        ulong recorded = (ulong)call.Result;
        ulong wanted = call.Args[0];
        ReplaySpace space = task.Space;
        if (space.RecordedStartBrk is null)
        {
            if (space.IsStandIn && _mode == ReplayMode.Check)
                AdoptBreak(task, recorded);
            SetBrkOrigin(task, recorded);
        }

        ulong delta = _mode == ReplayMode.Free ? space.ModelStartBrk - space.RecordedStartBrk!.Value : 0;
        ulong before = Machine.AddressSpaces.Mms[StructOf(task).Mm].Brk;
        SysResult result = _calls.Brk(task.Task, wanted == 0 ? 0 : wanted + delta);
        space.Calls.Add(Sysno.Brk, wanted != 0 && result.Address != wanted + delta);
        if (recorded + delta == result.Address)
        {
            Log.Same();
        }
        else
        {
            Log.Differs(Line, "brk", Hex(recorded + delta), Hex(result.Address));
            if (_mode == ReplayMode.Check)
                _calls.Brk(task.Task, recorded);
        }

        if (delta != 0 && recorded > space.RecordedStartBrk!.Value)
            space.Addresses.Add(space.RecordedStartBrk.Value, space.ModelStartBrk, PageUp(recorded) - space.RecordedStartBrk.Value);
        if (result.Address > before)
            TouchRange(task, PageUp(before), PageUp(result.Address));
        if (_isHeap)
            HeapPlayer!.ProgramMovedBreak(result.Address);
    }

    // Where the break starts follows from the program, which the recording did not show.
    private void AdoptBreak(ReplayTask task, ulong recorded)
    {
        ref MmStruct mm = ref Machine.AddressSpaces.Mms[StructOf(task).Mm];
        if (mm.Brk == mm.StartBrk && recorded < mm.TaskSize)
            mm.StartBrk = mm.Brk = recorded;
    }

    private void ReplayMmap(ReplayTask task, ref CallRecord call)
    {
        var flags = (MapFlags)call.Args[3];
        int fd = (int)call.Args[4];
        ulong recordedAddress = call.Args[0], length = call.Args[1], offset = call.Args[5];
        // A call that failed does not show that its descriptor was open, unless the recorder named the file.
        if (!flags.HasFlag(MapFlags.Anonymous) && fd >= 0 && (call.FdPath != 0 || !call.SysResult.IsError))
        {
            EnsureFd(task, fd, call.FdPath);
            if (!call.SysResult.IsError)
                _files.Reach(_calls.InodeOf(task.Task, fd), offset + length);
        }

        ulong address = task.Space.Addresses.Translate(recordedAddress);
        SysResult result = _calls.Mmap(task.Task, address, length, (Prot)call.Args[2], flags, fd, offset);
        while (result.Raw != call.Result && LetAnotherGoFirst(task, ref call, result))
            result = _calls.Mmap(task.Task, address, length, (Prot)call.Args[2], flags, fd, offset);
        task.Space.Calls.Add(Sysno.Mmap, result.IsError);
        SettlePlacement(task, ref call, result, length, flags, fd, offset);
        if (!call.SysResult.IsError && !result.IsError)
            TouchRange(task, _mode == ReplayMode.Check ? (ulong)call.Result : result.Address, PageUp(length));
    }

    // Compares where something was mapped. In check the model is moved to where the recording has it; otherwise the
    // recording's addresses are led to where the model has it.
    private void SettlePlacement(ReplayTask task, ref CallRecord call, SysResult result, ulong length, MapFlags flags, int fd, ulong offset)
    {
        SysResult recorded = call.SysResult;
        AddressMap map = task.Space.Addresses;
        if (_mode == ReplayMode.Free)
        {
            if (recorded.IsError != result.IsError || (recorded.IsError && recorded != result))
                Log.Differs(Line, NameOf(ref call), recorded.ToString(), result.ToString());
            else
                Log.Same();
            if (!recorded.IsError)
                map.Add(recorded.Address, result.IsError ? recorded.Address : result.Address, PageUp(length));
            return;
        }

        if (PlaceAsRecorded(task, ref call, result) || CompareResult(ref call, result))
            return;
        if (!result.IsError)
            _calls.Munmap(task.Task, result.Address, length);
        if (!recorded.IsError)
            _calls.Mmap(task.Task, recorded.Address, length, (Prot)call.Args[2], flags | MapFlags.Fixed, fd, offset);
    }

    // A recording that begins at a start state leaves calls out, and with them what stood where the kernel looked for room:
    // where it may choose the address, its choice in the recording is as good as the model's, if that room is free here.
    private bool PlaceAsRecorded(ReplayTask task, ref CallRecord call, SysResult result)
    {
        SysResult recorded = call.SysResult;
        var flags = (MapFlags)call.Args[3];
        bool kernelChooses = call.Args[0] == 0 && (flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) == 0;
        if (!_prologue.Settings.BeginsAtStartState || !kernelChooses || recorded.IsError || result.IsError || recorded == result)
            return false;
        ulong length = call.Args[1];
        _calls.Munmap(task.Task, result.Address, length);
        SysResult placed = _calls.Mmap(task.Task, recorded.Address, length, (Prot)call.Args[2], flags | MapFlags.FixedNoReplace, (int)call.Args[4], call.Args[5]);
        if (placed.IsError)
            return false;
        Warn("a mapping was placed where the recording has it: the recording leaves out calls that came before");
        return true;
    }

    private void ReplayMremap(ReplayTask task, ref CallRecord call)
    {
        ulong old = call.Args[0], oldLength = call.Args[1], newLength = call.Args[2];
        var flags = (MremapFlags)call.Args[3];
        AddressMap map = task.Space.Addresses;
        ulong newAddress = call.ArgCount > 4 ? call.Args[4] : UnrecordedNewAddress(ref call, flags);
        if ((flags & (MremapFlags.Fixed | MremapFlags.DontUnmap)) != 0)
            newAddress = map.Translate(newAddress);
        SysResult result = _calls.Mremap(task.Task, map.Translate(old), oldLength, newLength, flags, newAddress);
        task.Space.Calls.Add(Sysno.Mremap, result.IsError);
        SysResult recorded = call.SysResult;
        if (_mode == ReplayMode.Free)
        {
            if (recorded.IsError != result.IsError || (recorded.IsError && recorded != result))
                Log.Differs(Line, "mremap", recorded.ToString(), result.ToString());
            else
                Log.Same();
            if (recorded.IsError)
                return;
            if (!flags.HasFlag(MremapFlags.DontUnmap) && oldLength > 0)
                map.Remove(old, old + PageUp(oldLength));
            map.Add(recorded.Address, result.IsError ? recorded.Address : result.Address, PageUp(newLength));
        }
        else if (!CompareResult(ref call, result) && !recorded.IsError)
        {
            if (result.IsError)
                _calls.Mremap(task.Task, old, oldLength, newLength, flags | MremapFlags.MayMove | MremapFlags.Fixed, recorded.Address);
            else
                _calls.Mremap(task.Task, result.Address, newLength, newLength, MremapFlags.MayMove | MremapFlags.Fixed, recorded.Address);
        }

        if (!recorded.IsError && !result.IsError && PageUp(newLength) > PageUp(oldLength))
        {
            ulong start = _mode == ReplayMode.Check ? recorded.Address : result.Address;
            TouchRange(task, start + PageUp(oldLength), PageUp(newLength) - PageUp(oldLength));
        }
    }

    // strace shows mremap's fifth argument with MREMAP_FIXED only, though the kernel reads it without: as a hint with
    // MREMAP_DONTUNMAP, and for hugetlbfs it must be aligned. Where it is missing, the one that explains the result is taken.
    private static ulong UnrecordedNewAddress(ref CallRecord call, MremapFlags flags)
    {
        const ulong notHugeAligned = 4096;
        if (flags.HasFlag(MremapFlags.DontUnmap))
            return call.SysResult.IsError ? 0 : call.SysResult.Address;
        return call.SysResult.Errno == Errno.EINVAL ? notHugeAligned : 0;
    }

    // Calls of the form call(address, length, …). Where the recorded range lies in several pieces of the model's, one
    // call is made for each; the first error counts.
    private void ReplayRangeCall(ReplayTask task, ref CallRecord call)
    {
        AddressMap map = task.Space.Addresses;
        ulong start = call.Args[0], length = call.Args[1];
        if (map.IsIdentity)
        {
            SysResult plain = Invoke(task, ref call, out _);
            AfterRangeCall(task, ref call, plain, start);
            return;
        }

        ulong end = start + length;
        SysResult result = SysResult.Ok;
        if (end <= start)
        {
            result = _calls.Invoke(task.Task, ArgumentsOf(ref call));
        }
        else
        {
            for (ulong at = start; at < end;)
            {
                ulong pieceEnd = Math.Min(end, map.PieceEnd(at));
                SyscallArgs args = ArgumentsOf(ref call) with { A0 = map.Translate(at), A1 = pieceEnd - at };
                SysResult piece = _calls.Invoke(task.Task, args);
                if (!result.IsError)
                    result = piece;
                AfterRangeCall(task, ref call, piece, args.A0);
                at = pieceEnd;
            }
        }

        task.Space.Calls.Add(call.Sysno, result.IsError);
        CompareResult(ref call, result);
        if (call.Sysno == Sysno.Munmap && call.Result == 0)
            map.Remove(start, start + PageUp(length));
    }

    private void AfterRangeCall(ReplayTask task, ref CallRecord call, SysResult result, ulong start)
    {
        if (call.Sysno == Sysno.Mprotect && !result.IsError && ((Prot)call.Args[2]).HasFlag(Prot.Write))
            TouchRange(task, start, PageUp(call.Args[1]));
    }

    private void ReplayMincore(ReplayTask task, ref CallRecord call)
    {
        ulong length = call.Args[1];
        ulong pages = length == 0 ? 0 : ((length - 1) >> 12) + 1;
        Span<byte> residency = new byte[(int)Math.Min(pages, MincoreLimit)];
        ulong vector = call.PayloadKind == PayloadKind.Bytes ? RoomFor(task, pages) : call.Args[2];
        SysResult result = _calls.Mincore(task.Task, task.Space.Addresses.Translate(call.Args[0]), length, vector, residency);
        task.Space.Calls.Add(Sysno.Mincore, result.IsError);
        LastResident = residency.Count((byte)1);
        if (!CompareResult(ref call, result) || result.IsError || call.PayloadKind != PayloadKind.Bytes)
            return;
        ReadOnlySpan<byte> recorded = _batch.PayloadBytes(call);
        int compared = Math.Min(recorded.Length, residency.Length);
        if (compared == 0)
            return;
        for (int i = 0; i < compared; i++)
        {
            if ((recorded[i] & 1) == (residency[i] & 1))
                continue;
            Log.Differs(Line, "mincore vector", Vector(recorded[..compared]), Vector(residency[..compared]));
            return;
        }

        Log.Same();
    }

    // Where the recorder printed what mincore filled, it did not print where that is: at a good place, as any area is that
    // can be written and is large enough.
    private ulong RoomFor(ReplayTask task, ulong bytes)
    {
        ref MmStruct mm = ref Machine.AddressSpaces.Mms[StructOf(task).Mm];
        for (int vma = mm.Mmap; vma != 0; vma = Machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref Machine.AddressSpaces.Vmas[vma];
            if ((area.Flags & VmFlags.Write) != 0 && area.End - area.Start >= bytes)
                return area.Start;
        }

        return mm.StartStack;
    }

    private void ReplayLimits(ReplayTask task, ref CallRecord call)
    {
        CallLimits limits = _batch.Limits(call);
        bool isOwn = call.Sysno != Sysno.Prlimit64 || call.Args[0] == 0 || (int)call.Args[0] == StructOf(task).Tgid;
        var resource = (RlimitResource)(int)(call.Sysno == Sysno.Prlimit64 ? call.Args[1] : call.Args[0]);
        task.Space.Calls.Add(call.Sysno, call.Result < 0);
        // The other limits do not touch memory, and the machine does not know their values.
        bool isMemory = resource is RlimitResource.AddressSpace or RlimitResource.Data or RlimitResource.Stack or RlimitResource.MemLock;
        if (!isOwn || !isMemory)
            return;
        SysResult result = _calls.Prlimit(task.Task, 0, resource, limits.HasNew ? limits.New : null, out Rlimit old);
        if (CompareResult(ref call, result) && limits.HasOld && !result.IsError)
            Log.Compare(Line, $"{NameOf(ref call)} {resource}", limits.Old, old);
    }

    private void ReplayShm(ReplayTask task, ref CallRecord call)
    {
        SyscallArgs args = ArgumentsOf(ref call);
        AddressMap map = task.Space.Addresses;
        args = call.Sysno switch
        {
            Sysno.Shmat => args with { A0 = ShmId(call.Args[0]), A1 = map.Translate(call.Args[1]) },
            Sysno.Shmdt => args with { A0 = map.Translate(call.Args[0]) },
            Sysno.Shmctl => args with { A0 = ShmId(call.Args[0]) },
            _ => args,
        };
        SysResult result = _calls.Invoke(task.Task, args);
        task.Space.Calls.Add(call.Sysno, result.IsError);
        bool isAddress = call.Sysno == Sysno.Shmat && !call.SysResult.IsError && !result.IsError;
        // Segment numbers are the recording host's own: they are paired, not compared.
        if (call.Sysno == Sysno.Shmget && !call.SysResult.IsError && !result.IsError)
            _shmIds[(int)call.Result] = (int)result.Raw;
        else if (isAddress && _mode == ReplayMode.Free)
            map.Add(call.SysResult.Address, result.Address, AreaLengthAt(task, result.Address));
        else
            CompareResult(ref call, result);
    }

    private ulong AreaLengthAt(ReplayTask task, ulong address)
    {
        for (int vma = Machine.AddressSpaces.Mms[StructOf(task).Mm].Mmap; vma != 0; vma = Machine.AddressSpaces.Vmas[vma].Next)
        {
            if (Machine.AddressSpaces.Vmas[vma].End > address)
                return Machine.AddressSpaces.Vmas[vma].End - address;
        }

        return 0;
    }

    private ulong ShmId(ulong recorded) => (ulong)_shmIds.GetValueOrDefault((int)recorded, (int)recorded);

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private static string Vector(ReadOnlySpan<byte> residency)
    {
        const int shown = 64;
        var text = new System.Text.StringBuilder("[");
        for (int i = 0; i < Math.Min(shown, residency.Length); i++)
            text.Append((residency[i] & 1) != 0 ? '1' : '0');
        return text.Append(residency.Length > shown ? "…]" : "]").ToString();
    }
}
