using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;
using Pagewise.Procfs;
using Pagewise.Replay.Comparing;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>Notes: copies of /proc taken while recording, and what else a recording says of a process.</content>
public sealed partial class Replayer
{
    private ProcessCopy? _copy;
    private PendingExec? _exec;
    private long _copyLine;

    private static bool IsCopyNote(NoteKind kind) =>
        kind is NoteKind.Stat or NoteKind.Limits or NoteKind.Status or NoteKind.Map or NoteKind.NoCopy;

    // A copy is one run of notes about one process; anything else ends it.
    private bool BelongsToCopy(Event step)
    {
        if (step.Kind != EventKind.Note || step.Tid != _copy!.Pid)
            return false;
        NoteKind kind = _batch.Notes[step.Index].Kind;
        return IsCopyNote(kind) && (kind != NoteKind.Stat || _copy.IsEmpty);
    }

    private void ReplayNote(Event step, ref NoteRecord note)
    {
        TakeHeapNote(ref note);
        if (note.Kind == NoteKind.MapsBegin)
        {
            _copy = new ProcessCopy { Pid = step.Tid, Occasion = "maps" };
            _copyLine = step.Line;
        }
        else if (IsCopyNote(note.Kind))
        {
            _copy ??= new ProcessCopy { Pid = step.Tid, Occasion = "exit" };
            AddToCopy(_copy, step, ref note);
        }
        else if (note.Kind is NoteKind.Exited or NoteKind.Killed)
        {
            if (_tasks.TryGetValue(step.Tid, out ReplayTask? task))
                EndTask(task, Sysno.Exit);
        }
        else if (note.Kind == NoteKind.Superseded && _tasks.TryGetValue((int)note.Value, out ReplayTask? caller))
        {
            // The thread that called execve goes on under the leader's number.
            _tasks.Remove((int)note.Value);
            _tasks[step.Tid] = caller;
        }
        else if (note.Kind == NoteKind.Comment)
        {
            TakeSetting(_batch.Line(note));
            Observer?.Noted(this, Observer is null ? "" : Encoding.UTF8.GetString(_batch.Line(note)));
        }
        else if (note.Kind == NoteKind.TotalFaults)
        {
            CompareTotalFaults(RunningTaskOf(step.Tid), new RecordedFields(Encoding.UTF8.GetString(_batch.Line(note)).Replace("flt ", "flt=", StringComparison.Ordinal)));
        }
    }

    // "# sysctl NAME = VALUE", "# sysfs read_ahead_kb = KB": what someone wrote while the program ran.
    private void TakeSetting(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("# sysctl "u8) && !line.StartsWith("# sysfs "u8))
            return;
        if (Encoding.UTF8.GetString(line).Split(' ') is not ["#", var kind, var name, "=", var value])
            return;
        if (kind == "sysfs" && name == "read_ahead_kb" && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int kibibytes) && kibibytes <= 1 << 20)
            Machine.ReadAheadKb = kibibytes;
        else if (kind != "sysctl" || !Machine.TryWriteSysctl(name, value))
            Warn($"{kind} {name} was written: it is not modelled, or the value is not one that it takes");
    }

    // The program that made the recording took faults of its own on pages that it had before the first recorded call,
    // at most one on each; the model knows of none of them.
    private void CompareTotalFaults(ReplayTask task, RecordedFields fields)
    {
        if (_mode == ReplayMode.Free || task.Task == 0 || fields.Number("minflt") is not { } minor || fields.Number("majflt") is not { } major)
            return;
        TaskStruct leader = Machine.Tasks.Tasks[StructOf(task).GroupLeader];
        ulong expected = minor + major, got = (ulong)(leader.MinorFaults + leader.MajorFaults);
        ulong unseen = (ulong)task.Space.UnseenFaults;
        got -= unseen;
        foreach ((ulong start, ulong end) in task.Space.UnseenRanges)
            unseen += ((end - start) >> 12) - (ulong)Machine.Census(StructOf(task).Mm, start, end).ResidentPages;
        if (expected >= got && expected - got <= unseen)
            Log.Same();
        else
            Log.Differs(Line, "total faults", $"{expected}", unseen == 0 ? $"{got}" : $"{got} to {got + unseen}");
    }

    private void AddToCopy(ProcessCopy copy, Event step, ref NoteRecord note)
    {
        copy.LastLine = step.Line;
        if (note.Kind == NoteKind.NoCopy)
        {
            copy.IsMissing = true;
            return;
        }

        if (note.Kind == NoteKind.Map)
        {
            if (!MapsLine.TryParse(_batch.Body(note), out MapsLine area, out int column))
                throw new RecordingException(_reader.File, step.Line, note.BodyStart + column, "expected a line of /proc/PID/maps");
            copy.Maps.Add((area, step.Line));
            return;
        }

        var fields = new RecordedFields(Encoding.UTF8.GetString(_batch.Body(note)));
        switch (note.Kind)
        {
            case NoteKind.Stat:
                copy.Stat = fields;
                copy.StatLine = step.Line;
                break;
            case NoteKind.Limits:
                copy.Limits = fields;
                copy.LimitsLine = step.Line;
                break;
            case NoteKind.Status:
                copy.Status = fields;
                copy.StatusLine = step.Line;
                break;
        }
    }

    private void FinishCopy()
    {
        if (_copy is not { } copy)
            return;
        _copy = null;
        Line = copy.LastLine;
        if (_exec is { } exec)
        {
            _exec = null;
            FinishExec(exec, copy);
        }
        else if (!copy.IsMissing && !copy.IsEmpty && !TaskOf(copy.Pid).IsPassedOver)
        {
            CompareCopy(RunningTaskOf(copy.Pid), copy);
        }
    }

    private void CompareCopy(ReplayTask task, ProcessCopy copy)
    {
        if (copy.IsMissing || copy.IsEmpty)
            return;
        // On another layout, kernel or machine the areas lie elsewhere and may be split elsewhere.
        if (_mode == ReplayMode.Free)
        {
            foreach ((MapsLine area, _) in copy.Maps)
                _files.Learn(area);
            return;
        }

        ulong adopted = AdoptStack(task, copy);
        new CopyComparer(Machine, _files, Log).Compare(task, copy, adopted);
    }

    // The stack grows by faults, which a recording of calls alone does not show; only the copy tells how far.
    private ulong AdoptStack(ReplayTask task, ProcessCopy copy)
    {
        if (task.Space.HasAccesses)
            return 0;
        MapsLine recorded = copy.Maps.Find(map => map.Area.Name == "[stack]").Area;
        ref MmStruct mm = ref Machine.AddressSpaces.Mms[StructOf(task).Mm];
        ulong stack = mm.StartStack;
        int vma = mm.Mmap;
        while (vma != 0 && Machine.AddressSpaces.Vmas[vma].End <= stack)
            vma = Machine.AddressSpaces.Vmas[vma].Next;
        if (vma == 0 || recorded.End == 0 || recorded.End != Machine.AddressSpaces.Vmas[vma].End)
            return task.Space.AdoptedStackPages;
        ulong start = Machine.AddressSpaces.Vmas[vma].Start;
        if (recorded.Start < start && Machine.Access(task.Task, recorded.Start, AccessKind.Write).IsResolved)
        {
            ulong pages = (start - recorded.Start) >> 12;
            AdoptedStackPages += pages;
            task.Space.AdoptedStackPages += pages;
        }

        return task.Space.AdoptedStackPages;
    }
}
