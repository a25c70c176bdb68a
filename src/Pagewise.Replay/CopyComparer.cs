using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;
using Pagewise.Procfs;
using Pagewise.Replay.Comparing;
using Pagewise.Replay.Recorded;

namespace Pagewise.Replay;

/// <summary>
/// Compares a recorded copy of a process's /proc files with the model: maps line by line, and the fields of stat,
/// status and limits that calls alone determine. Resident pages, faults and page tables are not among them: without
/// recorded accesses nobody knows what was touched.
/// </summary>
internal sealed class CopyComparer(Machine machine, FileWorld files, ResultLog log)
{
    private static readonly string[] DeterminedStatus = ["VmPeak", "VmSize", "VmLck", "VmPin", "VmData", "VmStk", "VmExe", "VmLib"];

    /// <summary>Compares everything that the copy has.</summary>
    /// <param name="task">The task.</param>
    /// <param name="copy">The copy.</param>
    /// <param name="adoptedStackPages">
    /// Stack pages that were adopted: when they came is unknown, so the peak may be higher by as much.
    /// </param>
    public void Compare(ReplayTask task, ProcessCopy copy, ulong adoptedStackPages)
    {
        TaskStruct thread = machine.Tasks.Tasks[task.Task];
        MmStruct mm = machine.AddressSpaces.Mms[thread.Mm];
        if (copy.Stat is not null)
            CompareStat(copy, TaskStat.Of(machine, task.Task));
        if (copy.Limits is not null)
            CompareLimits(copy, machine.Tasks.Tasks[thread.GroupLeader]);
        if (copy.Status is not null)
            CompareStatus(copy, mm, adoptedStackPages);
        if (copy.Maps.Count > 0)
            CompareMaps(copy, ref machine.AddressSpaces.Mms[thread.Mm], thread.Tgid);
    }

    private void CompareStat(ProcessCopy copy, TaskStat stat)
    {
        foreach (KeyValuePair<string, string> field in copy.Stat!.All)
        {
            string? got = field.Key switch
            {
                "comm" => stat.Comm,
                "threads" => Decimal((ulong)stat.Threads),
                "vsize" => Decimal(stat.VsizeBytes),
                "start_code" => Hex(stat.StartCode),
                "end_code" => Hex(stat.EndCode),
                "start_stack" => Hex(stat.StartStack),
                "start_data" => Hex(stat.StartData),
                "end_data" => Hex(stat.EndData),
                "start_brk" => Hex(stat.StartBrk),
                "arg_start" => Hex(stat.ArgStart),
                "arg_end" => Hex(stat.ArgEnd),
                "env_start" => Hex(stat.EnvStart),
                "env_end" => Hex(stat.EnvEnd),
                _ => null,
            };
            if (got is not null)
                log.Compare(copy.StatLine, field.Key, field.Value, got);
        }
    }

    private void CompareStatus(ProcessCopy copy, MmStruct mm, ulong adoptedStackPages)
    {
        foreach (KeyValuePair<string, ulong> field in StatusVm.Of(mm).Fields())
        {
            if (!DeterminedStatus.Contains(field.Key, StringComparer.Ordinal) || copy.Status!.Number(field.Key) is not { } expected)
                continue;
            bool mayBeHigher = field.Key == "VmPeak" && adoptedStackPages > 0;
            if (mayBeHigher && expected >= field.Value && expected - field.Value <= adoptedStackPages << 2)
                log.Same();
            else
                log.Compare(copy.StatusLine, field.Key, expected, field.Value);
        }
    }

    private void CompareLimits(ProcessCopy copy, TaskStruct leader)
    {
        CompareLimit("stack", RlimitResource.Stack);
        CompareLimit("data", RlimitResource.Data);
        CompareLimit("as", RlimitResource.AddressSpace);
        CompareLimit("memlock", RlimitResource.MemLock);

        void CompareLimit(string field, RlimitResource resource)
        {
            if (copy.Limits!.Number(field) is { } expected)
                log.Compare(copy.LimitsLine, $"limit {field}", expected, leader.Limits[(int)resource].Current);
        }
    }

    // Both lists ascend. Areas that begin at one address are compared with each other; an area that only one side has
    // is a difference of its own.
    private void CompareMaps(ProcessCopy copy, ref MmStruct mm, int process)
    {
        int vma = mm.Mmap;
        foreach ((MapsLine recorded, long line) in copy.Maps)
        {
            if (recorded.Name == "[vsyscall]")
            {
                log.Same();
                continue;
            }

            while (vma != 0 && machine.AddressSpaces.Vmas[vma].Start < recorded.Start)
            {
                log.Differs(line, "maps", "no area", MapsFile.Line(machine, vma).ToString());
                vma = machine.AddressSpaces.Vmas[vma].Next;
            }

            if (vma == 0 || machine.AddressSpaces.Vmas[vma].Start != recorded.Start)
            {
                log.Differs(line, "maps", recorded.ToString(), "no area");
                continue;
            }

            MapsLine got = MapsFile.Line(machine, vma);
            if (IsSame(recorded, got, machine.AddressSpaces.Vmas[vma].Inode, process))
                log.Same();
            else
                log.Differs(line, "maps", recorded.ToString(), MapsFile.Line(machine, vma).ToString());
            vma = machine.AddressSpaces.Vmas[vma].Next;
        }

        for (; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
            log.Differs(copy.LastLine, "maps", "no area", MapsFile.Line(machine, vma).ToString());
    }

    private bool IsSame(MapsLine recorded, MapsLine got, int inode, int process)
    {
        if (recorded.Start != got.Start || recorded.End != got.End || recorded.Access != got.Access || recorded.OffsetBytes != got.OffsetBytes)
            return false;
        if (!recorded.HasFile || inode == 0)
            return recorded == got;
        // The name is compared after the identity, which may be what tells it.
        return files.IsSame(inode, recorded, process) && recorded.IsDeleted == machine.Inodes.Inodes[inode].IsDeleted
            && recorded.Path == machine.Inodes.NameOf(inode);
    }

    private static string Decimal(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
