using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// What the overcommit experiments tried under each vm.overcommit_memory and vm.overcommit_ratio: the largest mapping,
/// how many of 4 MiB, then fork, and a read-only mapping made writable.
/// </summary>
internal sealed class OvercommitProgram
{
    private const ulong SearchCapMib = 65536;
    private const int MapsCap = 600;
    private const Prot Writable = Prot.Read | Prot.Write;

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Runs it under one mode and ratio.</summary>
    /// <param name="spec">The machine.</param>
    /// <param name="mode">vm.overcommit_memory.</param>
    /// <param name="ratio">vm.overcommit_ratio.</param>
    /// <param name="committedKib">Committed_AS at the start, KiB: an input, for what else runs is not recorded.</param>
    /// <param name="vmSizeKib">The process's VmSize at the start, KiB: an input, for mode 2 leaves a process room by its size.</param>
    public OvercommitProgram(MachineSpec spec, int mode, int ratio, long committedKib, ulong vmSizeKib)
    {
        using var program = new ExperimentProgram(spec);
        AddressSpaceArenas spaces = program.Machine.AddressSpaces;
        ref MmStruct mm = ref spaces.Mms[program.Machine.Tasks.Tasks[program.Task].Mm];
        ulong missing = (vmSizeKib >> 2) - Math.Min(vmSizeKib >> 2, mm.TotalVm);
        if (missing > 0)
            program.Calls.Mmap(program.Task, 0, missing << 12, Prot.Read, MapFlags.Private | MapFlags.Anonymous, -1, 0);
        spaces.CommittedAs = committedKib >> 2;
        program.Machine.Settings.OvercommitMemory = mode;
        program.Machine.Settings.OvercommitRatio = ratio;
        _values["CommitLimit_kB"] = Text((long)program.Machine.Settings.CommitLimitPages << 2);
        _values["Committed_AS_kB"] = Text(spaces.CommittedAs << 2);
        _values["largest_mmap_MiB.plain"] = Text(Largest(program, MapFlags.None));
        _values["largest_mmap_MiB.NORESERVE"] = Text(Largest(program, MapFlags.NoReserve));
        int maps = 0;
        while (maps < MapsCap && !program.Map(4, Writable).IsError)
            maps++;
        _values["mmaps_4MiB"] = Text(maps);
        SysResult fork = program.Calls.Clone(program.Task, CloneFlags.None);
        if (!fork.IsError)
            program.Calls.ExitGroup(program.Machine.Tasks.Find((int)fork.Raw));
        _values["fork"] = Outcome(fork);
        SysResult readOnly = program.Map(64, Prot.Read);
        _values["readonly_mmap"] = Outcome(readOnly);
        if (!readOnly.IsError)
            _values["mprotect_rw"] = Outcome(program.Calls.Mprotect(program.Task, readOnly.Address, 64 << 20, Writable));
    }

    /// <summary>The value of <c>overcommit.modeM.ratioR.NAME</c>, by NAME; null when it is unknown.</summary>
    public string? Value(string name) => _values.GetValueOrDefault(name);

    private static string Outcome(SysResult result) => result.IsError ? result.Errno.ToString() : "ok";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    // The largest number of MiB, up to the cap, that one mapping may have.
    private static long Largest(ExperimentProgram program, MapFlags flags)
    {
        ulong least = 0, most = SearchCapMib;
        while (least < most)
        {
            ulong middle = (least + most + 1) / 2;
            SysResult map = program.Map(middle, Writable, flags);
            if (!map.IsError)
                program.Calls.Munmap(program.Task, map.Address, middle << 20);
            (least, most) = map.IsError ? (least, middle - 1) : (middle, most);
        }

        return (long)least;
    }
}
