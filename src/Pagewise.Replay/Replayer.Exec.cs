using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;
using Pagewise.NativeMemory;
using Pagewise.Procfs;
using Pagewise.Replay.Images;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>Programs: execve, and recordings that begin after it.</content>
public sealed partial class Replayer
{
    private const ulong StackReach = 1UL << 30;

    // An execve waits until the copy that follows it has been read: the copy tells what the program looks like.
    private void ReplayExec(Event step, ref CallRecord call)
    {
        ReplayTask task = TaskOf(step.Tid);
        if (!call.Has(CallFlags.HasResult) || call.Result != 0)
        {
            if (call.Has(CallFlags.HasResult))
                task.Space.Calls.Add(call.Sysno, failed: true);
            return;
        }

        string path = Text(call.Path);
        if (call.Has(CallFlags.PathTruncated))
            path = "";
        else if (path == "/proc/self/exe")
            path = task.Space.Program;
        var arguments = new List<string>();
        foreach (int argument in _batch.ArgumentVector(call))
            arguments.Add(Text(argument));
        _copy = new ProcessCopy { Pid = step.Tid, Occasion = "exec" };
        _copyLine = step.Line;
        _exec = new PendingExec(task, path, arguments, call.Sysno);
    }

    private void FinishExec(PendingExec exec, ProcessCopy copy)
    {
        ReplayTask task = exec.Task;
        if (copy.IsMissing)
        {
            PassOver(task);
            return;
        }

        string comm = exec.Path.Length == 0 ? "program" : exec.Path[(exec.Path.LastIndexOf('/') + 1)..];
        bool isFirst = task.Task == 0;
        if (isFirst)
            CreateTask(task, comm);
        else
            SpaceEnds(task);
        PlaceInCgroup(task, comm);
        if (isFirst && copy.Limits is not null)
            ApplyLimits(task, copy.Limits);

        ExecImage? image = ImageFromMaps.Build(copy, comm, [], _files.ByMapsLine)
            ?? (_options.ProgramsAreStatic ? null : ImageFromFile.TryBuild(exec.Path, comm, exec.Arguments, _files));
        long entered = Machine.Clock.SystemCalls + 1;
        SysResult result = Execve(task, image ?? StandIn(exec.Path, comm));
        Machine.Clock.SystemCalls = entered;
        task.IsPassedOver = false;
        task.Space = new ReplaySpace { Program = exec.Path, IsStandIn = image is null };
        task.Space.Calls.Add(exec.Call, result.IsError);
        if (result.IsError)
        {
            Log.Differs(_copyLine, "execve", "0", result.ToString());
            return;
        }

        Log.Same();
        if (_mode == ReplayMode.Free)
            MapProgram(task, copy);
        SwitchTo(task.Space);
        TouchSpace(task);
        CompareCopy(task, copy);
    }

    // A recording that begins after execve: the program as the first copy of the maps shows it.
    private void StartWithoutExec(ReplayTask task)
    {
        CreateTask(task, "program");
        if (_prologue.Limits is not null)
            ApplyLimits(task, _prologue.Limits);
        ExecImage? image = null;
        ProcessCopy? copy = _prologue.InitialCopy;
        if (copy is not null && copy.Pid == task.RecordedTid)
        {
            string path = copy.Maps.Find(map => map.Area.HasFile).Area.Path ?? "";
            image = ImageFromMaps.Build(copy, path[(path.LastIndexOf('/') + 1)..], _prologue.Protects, _files.ByMapsLine);
            task.Space.Program = path;
        }
        else
        {
            copy = null;
        }

        SysResult result = Execve(task, image ?? StandIn("", "program"));
        task.Space.IsStandIn = image is null;
        if (result.IsError)
            throw new ReplayException($"the first program does not start on this machine: {result.Errno}");
        if (copy is not null)
            WriteData(task);
        task.Space.UnseenRanges = OrdinaryAreas(task);
        task.Space.UnseenFaults = StructOf(task).MinorFaults + StructOf(task).MajorFaults;
        if (_mode == ReplayMode.Free && copy is not null)
            MapProgram(task, copy);
        TouchSpace(task);
    }

    private List<(ulong Start, ulong End)> OrdinaryAreas(ReplayTask task)
    {
        var ranges = new List<(ulong Start, ulong End)>();
        for (int vma = Machine.AddressSpaces.Mms[StructOf(task).Mm].Mmap; vma != 0; vma = Machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref Machine.AddressSpaces.Vmas[vma];
            if (area.Name == VmaName.None)
                ranges.Add((area.Start, area.End));
        }

        return ranges;
    }

    // A program that was copied while it ran has written to its data before: each such area has an anon_vma by now,
    // which decides what merges with it later. How many pages it wrote is not known; one does.
    private void WriteData(ReplayTask task)
    {
        const VmFlags ofData = VmFlags.Write | VmFlags.Shared;
        Arena<VmArea> areas = Machine.AddressSpaces.Vmas;
        for (int area = Machine.AddressSpaces.Mms[StructOf(task).Mm].Mmap; area != 0; area = areas[area].Next)
        {
            if ((areas[area].Flags & ofData) == VmFlags.Write)
                Machine.Access(task.Task, areas[area].Start, AccessKind.Write);
        }
    }

    // The files reach at least as far as their segments do.
    private SysResult Execve(ReplayTask task, ExecImage image)
    {
        foreach (ExecFile? file in (ReadOnlySpan<ExecFile?>)[image.Program, image.Interpreter])
        {
            foreach (ExecSegment segment in file?.Segments ?? [])
                _files.Reach(file!.Inode, segment.FileOffset + segment.FileSizeBytes);
        }

        return _calls.Execve(task.Task, image);
    }

    private ExecImage StandIn(string path, string comm)
    {
        if (_options.ProgramsAreStatic)
            return ImageFromFile.StaticStandIn(path, comm, _files);
        Warn("the recording does not show the program's segments and its file is not here: a stand-in was loaded");
        return ImageFromFile.StandIn(path, comm, _files);
    }

    private void ApplyLimits(ReplayTask task, RecordedFields limits)
    {
        Set("stack", RlimitResource.Stack);
        Set("data", RlimitResource.Data);
        Set("as", RlimitResource.AddressSpace);
        Set("memlock", RlimitResource.MemLock);
        if (limits.Text("personality") is { } personality
            && uint.TryParse(personality, System.Globalization.NumberStyles.AllowHexSpecifier, null, out uint bits))
        {
            // Who asks for a randomised machine wants it for programs too that were recorded under setarch -R.
            if (Machine.Spec.RandomizeVaSpace != 0)
                bits &= ~(uint)Personality.AddrNoRandomize;
            _calls.SetPersonality(task.Task, bits);
        }

        void Set(string field, RlimitResource resource)
        {
            if (limits.Number(field) is not { } value)
                return;
            ref Rlimit limit = ref StructOf(task).Limits[(int)resource];
            limit = new Rlimit(value, Math.Max(value, limit.Maximum));
        }
    }

    // Threads whose program is not known: nothing of them is replayed until their next execve.
    private void PassOver(ReplayTask task)
    {
        if (task.Task != 0)
        {
            SpaceEnds(task);
            _calls.ExitGroup(task.Task);
            task.Task = 0;
        }

        task.IsPassedOver = true;
        task.Space = new ReplaySpace();
    }

    // Pairs the recorded areas of a fresh program with the model's.
    private void MapProgram(ReplayTask task, ProcessCopy copy)
    {
        AddressMap map = task.Space.Addresses;
        // The stack may grow far below what the copy shows, down to what else there is.
        MapsLine stack = copy.Maps.Find(recorded => recorded.Area.Name == "[stack]").Area;
        if (stack.End != 0 && FindCounterpart(task, stack) is { } stackStart)
        {
            ulong reach = Math.Min(stack.End, StackReach);
            map.Add(stack.End - reach, stackStart + stack.LengthBytes - reach, reach);
        }

        ulong delta = 0;
        ulong end = 0;
        foreach ((MapsLine area, _) in copy.Maps)
        {
            if (area.Name == "[stack]")
                continue;
            if (FindCounterpart(task, area) is { } start)
                delta = start - area.Start;
            else if (area.HasFile || area.Name.Length > 0 || area.Start != end)
                continue;
            end = area.End;
            map.Add(area.Start, area.Start + delta, area.LengthBytes);
        }

        if (copy.Stat?.Number("start_brk") is { } recordedBrk)
            SetBrkOrigin(task, recordedBrk);
    }

    // Where the model has the area: the same page of the same file, or the area of the same name.
    private ulong? FindCounterpart(ReplayTask task, MapsLine recorded)
    {
        ref MmStruct mm = ref Machine.AddressSpaces.Mms[StructOf(task).Mm];
        for (int vma = mm.Mmap; vma != 0; vma = Machine.AddressSpaces.Vmas[vma].Next)
        {
            MapsLine area = MapsFile.Line(Machine, vma);
            if (recorded.HasFile ? area.Path == recorded.Path && recorded.OffsetBytes - area.OffsetBytes < area.LengthBytes
                    && area.Access == recorded.Access
                : recorded.Name.Length > 0 && area.Name == recorded.Name)
            {
                return area.Name == "[stack]" ? area.End - recorded.LengthBytes : area.Start + (recorded.OffsetBytes - area.OffsetBytes);
            }
        }

        return null;
    }

    private void SetBrkOrigin(ReplayTask task, ulong recordedBrk)
    {
        task.Space.RecordedStartBrk = recordedBrk;
        task.Space.ModelStartBrk = Machine.AddressSpaces.Mms[StructOf(task).Mm].Brk;
    }

    private string Text(int id) => id == 0 ? "" : Encoding.UTF8.GetString(_batch.Strings[id]);

    private sealed record PendingExec(ReplayTask Task, string Path, IReadOnlyList<string> Arguments, Sysno Call);
}
