using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Tasks;

public sealed partial class Processes
{
    /// <summary>
    /// execve(2): a new address space for the program, as load_elf_binary lays it out, in place of the old one; other
    /// threads end, close-on-exec descriptors close. Simplified: a program that does not fit gives ENOMEM and leaves
    /// the caller as it was, where Linux may already have to kill it.
    /// </summary>
    public SysResult Execve(int task, ExecImage image)
    {
        ref TaskStruct caller = ref _tasks[task];
        int mm = _objects.RenewCred(ref caller) && _objects.UnshareSighand(ref caller) ? _mappings.NewSpace() : 0;
        if (mm == 0)
            return Errno.ENOMEM;
        if (!image.Is32Bit && !IsKernel32Bit)
            caller.Personality &= ~Personality.ReadImpliesExec;
        bool isRandomized = _settings.RandomizeVaSpace != 0 && (caller.Personality & Personality.AddrNoRandomize) == 0;
        PickLayout(mm, in _tasks[caller.GroupLeader].Limits, image.Is32Bit, isRandomized, caller.Personality);
        var current = new Current(
            mm,
            in _tasks[caller.GroupLeader].Limits,
            caller.Personality,
            caller.Uid,
            caller.CapIpcLock,
            caller.CapSysAdmin);
        var load = new ElfLoad(image, isRandomized);
        Errno error = LoadElf(in current, ref load);
        if (error != Errno.None)
        {
            _mappings.PutSpace(mm);
            return error;
        }

        EndOtherThreads(task);
        _mappings.PutSpace(caller.Mm);
        caller.Mm = mm;
        _spaces.Mms[mm].Memcg = caller.Memcg;
        _spaces.LruGenMms?.Use(mm);
        int files = _fileTables.Unshare(caller.Files);
        if (files != 0)
        {
            caller.Files = files;
            _fileTables.CloseWhere(files, onlyCloseOnExec: true);
        }

        _table.SetComm(task, image.Comm);
        _table.Tracepoints?.SchedProcessExec(task);
        return SysResult.Ok;
    }

    /// <summary>de_thread: the caller becomes the only thread and takes the process's id.</summary>
    private void EndOtherThreads(int task)
    {
        ref TaskStruct caller = ref _tasks[task];
        int leader = caller.GroupLeader;
        for (int other = 1; other < _tasks.HighWater; other++)
        {
            if (other != task && _tasks[other].GroupLeader == leader)
                Exit(other);
        }

        if (leader == task)
            return;
        caller.Limits = _tasks[leader].Limits;
        caller.OomScoreAdj = _tasks[leader].OomScoreAdj;
        caller.OomScoreAdjMin = _tasks[leader].OomScoreAdjMin;
        caller.Place = _tasks[leader].Place;
        caller.GroupLeader = task;
        caller.Threads = 1;
        _table.Rename(task, caller.Tgid);
    }

    /// <summary>load_elf_binary, from the new stack to the final stack pointer.</summary>
    private Errno LoadElf(in Current current, ref ElfLoad load)
    {
        Errno error = SetupStack(in current, ref load);
        if (error == Errno.None)
            error = LoadProgram(in current, ref load);
        if (error == Errno.None && load.Image.Interpreter is { } interpreter)
            error = LoadFile(in current, interpreter, bias: 0, MapFlags.None, out _);
        if (error == Errno.None)
            error = MapVdso(in current, in load);
        if (error == Errno.None)
            FinishStack(in current, ref load);
        return error;
    }

    /// <summary>
    /// The stack area (bprm_mm_init, copy_strings, setup_arg_pages): the pages of the strings and 128 KiB below them,
    /// within RLIMIT_STACK.
    /// </summary>
    private Errno SetupStack(in Current current, ref ElfLoad load)
    {
        ref MmStruct space = ref _spaces.Mms[current.Mm];
        ulong top = space.DefaultMapWindow;
        if (load.IsRandomized)
        {
            top = PageAlign(top) - ((_aslr.Next() & StackRndMask(space.Is32Bit)) << 12);
            top = PageAlign((top - _aslr.Below(8192)) & ~15UL);
        }

        ulong strings = top - load.Image.StringsBytes;
        ulong stringsPage = strings & PageMask;
        ulong size = top - stringsPage;
        ulong limit = current.Rlimit(RlimitResource.Stack) & PageMask;
        ulong start = top - Math.Max(size, Math.Min(limit, size + (128UL << 10)));
        VmFlags flags = VmFlags.Read | VmFlags.Write | VmFlags.MayRead | VmFlags.MayWrite | VmFlags.MayExec
            | VmFlags.GrowsDown | VmFlags.Account;
        if (load.Image.HasExecutableStack)
            flags |= VmFlags.Exec;
        Errno error = _mappings.MapStack(in current, start, top, flags);
        if (error != Errno.None)
            return error;
        Touch(in current, strings, top);
        load.StackTop = top;
        load.StackPointer = strings;
        return Errno.None;
    }

    private Errno LoadProgram(in Current current, ref ElfLoad load)
    {
        ExecImage image = load.Image;
        ExecFile program = image.Program;
        if (program.Segments.Count == 0)
            return Errno.ENOEXEC;
        ref MmStruct space = ref _spaces.Mms[current.Mm];
        ulong bias = 0;
        MapFlags flags = MapFlags.FixedNoReplace;
        bool placedByMmap = program.IsPositionIndependent && image.Interpreter is null;
        if (program.IsPositionIndependent && !placedByMmap)
        {
            bias = DynamicBase(in space);
            if (load.IsRandomized)
                bias += (_aslr.Next() & ((1UL << (space.Is32Bit ? MmapRndCompatBits : MmapRndBits)) - 1)) << 12;
            if (program.AlignmentBytes != 0)
                bias &= ~(program.AlignmentBytes - 1);
            bias = (bias - program.Segments[0].Vaddr) & PageMask;
        }
        else if (placedByMmap)
        {
            flags = MapFlags.None;
        }

        Errno error = LoadFile(in current, program, bias, flags, out bias);
        if (error != Errno.None)
            return error;
        SetSegmentMarks(ref space, program, bias);
        if (placedByMmap && (_settings.Features.MovesBrkOfStaticPie || (load.IsRandomized && _settings.RandomizeVaSpace > 1)))
            space.StartBrk = PageAlign(DynamicBase(in space));
        if (load.IsRandomized && _settings.RandomizeVaSpace > 1)
            space.StartBrk = _aslr.Page(space.StartBrk, space.Is32Bit ? 32UL << 20 : 1UL << 30);
        space.Brk = space.StartBrk;
        return Errno.None;
    }

    /// <summary>
    /// ELF_ET_DYN_BASE: where position-independent programs go: two thirds up, at 4 MiB on a 32-bit kernel, 16 MiB above
    /// a third for a 32-bit program on a 64-bit kernel (COMPAT_ELF_ET_DYN_BASE).
    /// </summary>
    private ulong DynamicBase(in MmStruct space)
    {
        if (IsKernel32Bit)
            return 0x40_0000;
        return space.Is32Bit ? PageAlign(space.DefaultMapWindow / 3) + (16UL << 20) : space.DefaultMapWindow / 3 * 2;
    }

    /// <summary>Maps a file's segments (elf_load, elf_map): the first one reserves the span of all.</summary>
    /// <param name="current">The caller, with the new address space.</param>
    /// <param name="file">Program or interpreter.</param>
    /// <param name="bias">What to add to linked addresses.</param>
    /// <param name="firstFlags">MAP_FIXED_NOREPLACE where the first segment's address is decided; none lets mmap choose.</param>
    /// <param name="actualBias">What was added in fact.</param>
    private Errno LoadFile(in Current current, ExecFile file, ulong bias, MapFlags firstFlags, out ulong actualBias)
    {
        actualBias = bias;
        int open = _files.Open(file.Inode, OpenFlags.ReadOnly);
        if (open == 0)
            return Errno.ENOMEM;
        Errno error = LoadSegments(in current, file, open, firstFlags, ref actualBias);
        _files.Put(open);
        return error;
    }

    private Errno LoadSegments(in Current current, ExecFile file, int open, MapFlags firstFlags, ref ulong bias)
    {
        ExecSegment last = file.Segments[^1];
        ulong span = PageAlign(last.Vaddr + last.MemSizeBytes - (file.Segments[0].Vaddr & PageMask));
        MapFlags flags = file.IsPositionIndependent ? firstFlags : MapFlags.FixedNoReplace;
        bool mmapChooses = flags == MapFlags.None;
        if (mmapChooses && file.AlignmentBytes > PageSize)
        {
            // mmap knows no such alignment: its choice is rounded down, and taken if free.
            SysResult place = _mappings.Mmap(in current, open, 0, span, Prot.None, MapFlags.Private, 0);
            if (place.IsError)
                return place.Errno;
            _mappings.Munmap(in current, place.Address, span);
            bias = (place.Address & ~(file.AlignmentBytes - 1)) - (file.Segments[0].Vaddr & PageMask);
            flags = MapFlags.FixedNoReplace;
            mmapChooses = false;
        }

        bool first = true;
        foreach (ExecSegment segment in file.Segments)
        {
            ulong address = first && mmapChooses ? 0 : bias + segment.Vaddr;
            ulong total = first && file.IsPositionIndependent ? span : 0;
            SysResult mapped = LoadSegment(in current, in segment, open, address, flags, total);
            if (mapped.IsError)
                return mapped.Errno;
            if (first && mmapChooses)
                bias = mapped.Address - (segment.Vaddr & PageMask);
            first = false;
            flags = MapFlags.Fixed;
        }

        return Errno.None;
    }

    /// <summary>One PT_LOAD entry: its file part, its zeroed rest of a page, its bss.</summary>
    private SysResult LoadSegment(in Current current, in ExecSegment segment, int open, ulong address, MapFlags flags, ulong total)
    {
        ulong inPage = segment.Vaddr & ~PageMask;
        ulong start = address & PageMask;
        if (segment.FileSizeBytes != 0)
        {
            ulong size = PageAlign(segment.FileSizeBytes + inPage);
            SysResult mapped = _mappings.Mmap(
                in current,
                open,
                start,
                total != 0 ? total : size,
                segment.Prot,
                MapFlags.Private | flags,
                (segment.FileOffset - inPage) >> 12);
            if (mapped.IsError)
                return mapped;
            start = mapped.Address;
            if (total > size)
                _mappings.Munmap(in current, start + size, total - size);
        }

        if (segment.MemSizeBytes <= segment.FileSizeBytes)
            return SysResult.Of(start);
        ulong zeroStart = segment.FileSizeBytes != 0 ? start + inPage + segment.FileSizeBytes : start;
        ulong zeroEnd = start + inPage + segment.MemSizeBytes;
        if (segment.FileSizeBytes != 0 && (zeroStart & ~PageMask) != 0 && (segment.Prot & Prot.Write) != 0)
            Touch(in current, zeroStart, zeroStart + 1);
        zeroStart = PageAlign(zeroStart);
        zeroEnd = PageAlign(zeroEnd);
        Errno error = zeroEnd > zeroStart
            ? _mappings.MapBss(in current, zeroStart, zeroEnd - zeroStart, (segment.Prot & Prot.Exec) != 0)
            : Errno.None;
        return error == Errno.None ? SysResult.Of(start) : error;
    }

    /// <summary>start_code, end_code, start_data, end_data and start_brk from the segments, as load_elf_binary collects them.</summary>
    private static void SetSegmentMarks(ref MmStruct space, ExecFile program, ulong bias)
    {
        ulong startCode = ulong.MaxValue;
        ulong endCode = 0;
        ulong startData = 0;
        ulong endData = 0;
        ulong endBss = 0;
        foreach (ExecSegment segment in program.Segments)
        {
            ulong start = segment.Vaddr;
            ulong end = start + segment.FileSizeBytes;
            if ((segment.Prot & Prot.Exec) != 0)
            {
                startCode = Math.Min(startCode, start);
                endCode = Math.Max(endCode, end);
            }

            startData = Math.Max(startData, start);
            endData = Math.Max(endData, end);
            endBss = Math.Max(endBss, start + segment.MemSizeBytes);
        }

        space.StartCode = startCode + bias;
        space.EndCode = endCode + bias;
        space.StartData = startData + bias;
        space.EndData = endData + bias;
        space.StartBrk = PageAlign(endBss + bias);
    }

    /// <summary>[vvar], from 6.13 [vvar_vclock], and [vdso], one after the other in a hole that mmap's search finds (map_vdso).</summary>
    private Errno MapVdso(in Current current, in ElfLoad load)
    {
        const ulong VvarPages = 4;
        const ulong VdsoPages = 2;
        ulong clockPages = _settings.Features.HasVvarVclock ? 2UL : 0UL;
        ulong size = (VvarPages + clockPages + VdsoPages) << 12;
        ulong hint = 0;
        if (_settings.Features.VdsoBesideStack && load.IsRandomized && !_spaces.Mms[current.Mm].Is32Bit)
            hint = VdsoAboveStack(load.StackPointer, size, _spaces.Mms[current.Mm].DefaultMapWindow);
        SysResult place = _mappings.FindUnmapped(in current, hint, size);
        if (place.IsError)
            return place.Errno;
        ulong address = place.Address;
        const VmFlags Vvar = VmFlags.Read | VmFlags.MayRead | VmFlags.Io | VmFlags.DontDump | VmFlags.PfnMap;
        Errno error = _mappings.MapSpecial(in current, address, VvarPages, Vvar, VmaName.Vvar);
        address += VvarPages << 12;
        if (error == Errno.None && clockPages != 0)
            error = _mappings.MapSpecial(in current, address, clockPages, Vvar, VmaName.VvarVclock);
        address += clockPages << 12;
        const VmFlags Vdso = VmFlags.Read | VmFlags.Exec | VmFlags.MayRead | VmFlags.MayWrite | VmFlags.MayExec;
        return error == Errno.None ? _mappings.MapSpecial(in current, address, VdsoPages, Vdso, VmaName.Vdso) : error;
    }

    /// <summary>vdso_addr of releases before 6.13: between the stack's top and the end of its page table.</summary>
    private ulong VdsoAboveStack(ulong stack, ulong size, ulong window)
    {
        ulong start = PageAlign(stack);
        ulong end = Math.Min((start + size + (2UL << 20) - 1) & ~((2UL << 20) - 1), window) - size;
        return end > start ? start + (_aslr.Below(((end - start) >> 12) + 1) << 12) : start;
    }

    /// <summary>create_elf_tables: the auxiliary vector and pointers below the strings, and the marks of /proc.</summary>
    private void FinishStack(in Current current, ref ElfLoad load)
    {
        ref MmStruct space = ref _spaces.Mms[current.Mm];
        ExecImage image = load.Image;
        ulong strings = load.StackPointer;
        ulong pointer = strings;
        if (load.IsRandomized)
            pointer -= _aslr.Below(8192);
        pointer = (pointer - image.PointersBytes) & ~15UL;
        Touch(in current, pointer, strings);
        space.ArgStart = strings;
        space.ArgEnd = strings + image.ArgumentBytes;
        space.EnvStart = space.ArgEnd;
        space.EnvEnd = load.StackTop - image.FileNameBytes;
        space.StartStack = pointer;
        space.HiwaterRss = space.Rss.Total;
    }

    /// <summary>The kernel writes to the new address space: its pages are faulted in.</summary>
    private void Touch(in Current current, ulong start, ulong end) =>
        _pageTables.PopulateForAccess(current.Mm, start & PageMask, PageAlign(end), write: true);
}
