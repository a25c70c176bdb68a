using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Tasks;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>Accesses: recorded ones, touches, and those assumed where a recording has none.</content>
public sealed partial class Replayer
{
    private const int ScratchRuns = 4096;

    private readonly AccessRun[] _scratch = new AccessRun[ScratchRuns];

    private void ReplayAccesses(ReplayTask task, ReadOnlySpan<AccessRun> runs)
    {
        if (task.IsPassedOver)
            return;
        task = RunningTaskOf(task.RecordedTid);
        task.Space.HasAccesses = true;
        AddressMap map = task.Space.Addresses;
        if (map.IsIdentity)
        {
            Access(task, runs);
            return;
        }

        while (!runs.IsEmpty)
        {
            int count = Math.Min(runs.Length, ScratchRuns);
            for (int i = 0; i < count; i++)
                _scratch[i] = runs[i] with { Address = map.Translate(runs[i].Address) };
            Access(task, _scratch.AsSpan(0, count));
            runs = runs[count..];
        }
    }

    // A recorded access did happen, so a signal means that the model lacks what the recording did not show: it is
    // counted, and the rest goes on. A lackey log alone shows no mapping at all: there the page is mapped.
    private void Access(ReplayTask task, ReadOnlySpan<AccessRun> runs)
    {
        while (!runs.IsEmpty)
        {
            int done = Machine.Access(task.Task, runs, out FaultOutcome outcome);
            foreach (AccessRun run in runs[..done])
                Accesses += run.Count;
            Observer?.Accessed(this, task, runs[..done]);
            if (outcome.IsResolved)
                return;
            if (outcome.Signal == Signal.Kill)
            {
                if (StructOf(task).Mm == 0)
                    return;
                Warn("memory ran out: the access was lost");
            }

            if (!TryMapUnseen(task, runs[done], outcome))
            {
                UnexpectedSignals++;
                done++;
            }

            runs = runs[done..];
        }
    }

    private bool TryMapUnseen(ReplayTask task, AccessRun run, FaultOutcome outcome)
    {
        if (_reader.Format != RecordingFormat.Lackey || outcome.Signal != Signal.Segv || outcome.Code != SignalCode.MapErr)
            return false;
        SysResult result = _calls.Mmap(task.Task, run.Address & ~4095UL, 4096, Prot.Read | Prot.Write | Prot.Exec,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.FixedNoReplace, -1, 0);
        if (result.IsError)
            return false;
        Warn("a page was accessed that no recorded call mapped: mapped as anonymous memory");
        return true;
    }

    private void ReplayTouch(Event step, ref TouchRecord touch)
    {
        if (TaskOf(step.Tid).IsPassedOver)
        {
            PassedOver++;
            return;
        }

        ReplayTask task = RunningTaskOf(step.Tid);
        task.Space.HasAccesses = true;
        AddressMap map = task.Space.Addresses;
        ref TaskStruct before = ref StructOf(task);
        long minor = before.MinorFaults, major = before.MajorFaults;
        FaultOutcome outcome = default;
        ulong count = touch.AccessCount;
        bool oneByOne = Observer?.WantsTouches == true;
        for (ulong done = 0; oneByOne && done < count && outcome.IsResolved; done++)
            outcome = TouchPage(task, map.Translate(touch.AddressAt(done)), touch.Kind);
        for (ulong done = 0; !oneByOne && done < count && outcome.IsResolved;)
        {
            int length = (int)Math.Min(count - done, ScratchRuns);
            for (int i = 0; i < length; i++)
                _scratch[i] = new AccessRun(map.Translate(touch.AddressAt(done + (ulong)i)), 1, touch.Kind);
            int performed = Machine.Access(task.Task, _scratch.AsSpan(0, length), out outcome);
            Accesses += performed;
            Observer?.Accessed(this, task, _scratch.AsSpan(0, performed));
            done += (ulong)length;
        }

        CompareTouch(task, ref touch, outcome, StructOf(task).MinorFaults - minor, StructOf(task).MajorFaults - major);
    }

    // A store leaves its own address in the page, so that whoever looks later can tell whether it was kept.
    private FaultOutcome TouchPage(ReplayTask task, ulong address, AccessKind kind)
    {
        long minor = StructOf(task).MinorFaults, major = StructOf(task).MajorFaults;
        FaultOutcome outcome = kind == AccessKind.Write
            ? Machine.WriteMemory(task.Task, address, BitConverter.GetBytes(address))
            : Machine.Access(task.Task, address, kind);
        Accesses++;
        Observer!.Touched(this, task, address, kind, StructOf(task).MinorFaults - minor, StructOf(task).MajorFaults - major);
        return outcome;
    }

    // Whether a file's page was cached before the recording began is not recorded, so with a warm page cache minor and
    // major faults are compared together.
    private void CompareTouch(ReplayTask task, ref TouchRecord touch, FaultOutcome outcome, long minor, long major)
    {
        if (outcome.Signal == Signal.Kill && StructOf(task).Mm == 0)
            return;
        (LastTask, LastMinorFaults, LastMajorFaults) = (task.Task, minor, major);
        LastOutcome = outcome.Signal switch
        {
            Signal.None => "ok",
            Signal.Segv => string.Create(CultureInfo.InvariantCulture, $"SIGSEGV_code_{(int)outcome.Code}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"SIGBUS_code_{(int)outcome.Code}"),
        };
        if (touch.Outcome == TouchOutcome.NotRecorded)
        {
            if (!outcome.IsResolved)
                UnexpectedSignals++;
            return;
        }

        string got = LastOutcome.Replace('_', ' ');
        string expected = touch.Outcome switch
        {
            TouchOutcome.Ok => "ok",
            TouchOutcome.SegmentationFault => string.Create(CultureInfo.InvariantCulture, $"SIGSEGV code {touch.SignalCode}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"SIGBUS code {touch.SignalCode}"),
        };
        bool sameFaults = !touch.HasFaults || (Machine.Spec.WarmPageCache
            ? minor + major == touch.MinorFaults + touch.MajorFaults
            : minor == touch.MinorFaults && major == touch.MajorFaults);
        if (sameFaults && got == expected)
        {
            Log.Same();
            return;
        }

        if (touch.HasFaults)
        {
            expected += string.Create(CultureInfo.InvariantCulture, $" minflt+{touch.MinorFaults} majflt+{touch.MajorFaults}");
            got += string.Create(CultureInfo.InvariantCulture, $" minflt+{minor} majflt+{major}");
        }

        Log.Differs(Line, $"touch {touch.Kind} {Hex(touch.Address)}", expected, got);
    }

    // The assumption about a fresh program: its areas, as TouchRange.
    private void TouchSpace(ReplayTask task)
    {
        if (_options.Touch == TouchAssumption.None || !AssumesAccesses(task))
            return;
        foreach ((ulong start, ulong end) in OrdinaryAreas(task))
            TouchRange(task, start, end - start);
    }

    // Memory that a recording without accesses has just got: touched as the options assume.
    private void TouchRange(ReplayTask task, ulong start, ulong lengthBytes)
    {
        if (_options.Touch == TouchAssumption.None || !AssumesAccesses(task))
            return;
        ulong end = start + lengthBytes;
        int mm = StructOf(task).Mm;
        for (int vma = Machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = Machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref Machine.AddressSpaces.Vmas[vma];
            if (area.End <= start)
                continue;
            if (area.Start >= end)
                break;
            ulong from = Math.Max(start, area.Start), to = Math.Min(end, area.End);
            bool isPrivate = (area.Flags & VmFlags.Shared) == 0;
            AccessKind? kind = (area.Flags & VmFlags.Write) != 0 && (isPrivate || _options.Touch == TouchAssumption.All) ? AccessKind.Write
                : _options.Touch != TouchAssumption.All ? null
                : (area.Flags & VmFlags.Read) != 0 ? AccessKind.Read
                : (area.Flags & VmFlags.Exec) != 0 ? AccessKind.Execute : null;
            if (_options.Touch == TouchAssumption.First)
                to = Math.Min(to, from + 4096);
            if (kind is not null && area.Name == VmaName.None)
                TouchPages(task, from, to, kind.Value);
        }
    }

    private void TouchPages(ReplayTask task, ulong start, ulong end, AccessKind kind)
    {
        while (start < end)
        {
            int length = (int)Math.Min((end - start) >> 12, ScratchRuns);
            for (int i = 0; i < length; i++)
                _scratch[i] = new AccessRun(start + ((ulong)i << 12), 1, kind);
            int done = Machine.Access(task.Task, _scratch.AsSpan(0, length), out FaultOutcome outcome);
            _assumedAccesses += done;
            Observer?.Accessed(this, task, _scratch.AsSpan(0, done));
            // Beyond the end of a file the rest of the area is out of reach as well.
            if (!outcome.IsResolved)
                return;
            start += (ulong)length << 12;
        }
    }

    private bool AssumesAccesses(ReplayTask task) => !_prologue.HasAccesses && !task.Space.HasAccesses;
}
