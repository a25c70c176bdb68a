using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Replay.Experiments;

/// <summary>What the limits experiments tried: how far stacks grow, how much can be mapped and locked. Each in a process of its own.</summary>
internal static class LimitsProgram
{
    private const ulong KiB = 1024;
    private const ulong MiB = 1 << 20;
    private const ulong Page = 4096;
    private const int GrowthCap = 4000;
    private const ulong GrowsDownAt = 0x2000_0000_0000;

    /// <summary>The value of a <c>limits.*</c> metric; null when it is unknown.</summary>
    public static string? Value(MachineSpec spec, string metric) => metric.Split('.') switch
    {
        ["limits", "RLIMIT_STACK", var size, "depth_KiB"] when Number(size, "KiB") is { } limit => Text(StackDepthKib(spec, limit * KiB)),
        ["limits", "RLIMIT_AS", var size, "mmaps_1MiB"] when Number(size, "MiB") is { } limit => Text(Mmaps(spec, limit * MiB)),
        ["limits", "RLIMIT_MEMLOCK", "exact", "errno"] => Text(Memlock(spec, 0, afterMunlockall: false)),
        ["limits", "RLIMIT_MEMLOCK", "plus1page", "errno"] => Text(Memlock(spec, Page, afterMunlockall: false)),
        ["limits", "RLIMIT_MEMLOCK", "after_munlockall", "errno"] => Text(Memlock(spec, 0, afterMunlockall: true)),
        ["limits", "GROWSDOWN", "free", "pages"] => Text(GrowsDown(spec, guarded: false)),
        ["limits", "GROWSDOWN", "guard", "pages"] => Text(GrowsDown(spec, guarded: true)),
        _ => null,
    };

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static ulong? Number(string text, string unit) =>
        text.EndsWith(unit, StringComparison.Ordinal) && uint.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out uint value) ? value : null;

    private static long StackDepthKib(MachineSpec spec, ulong limit)
    {
        using var program = new ExperimentProgram(spec);
        program.Calls.Prlimit(program.Task, 0, RlimitResource.Stack, new Rlimit(limit, Rlimit.Infinity), out _);
        ulong top = AreaOf(program, program.Machine.AddressSpaces.Mms[program.Machine.Tasks.Tasks[program.Task].Mm].StartStack).End;
        ulong address = top - Page;
        while (program.Machine.Access(program.Task, address, AccessKind.Write).IsResolved)
            address -= Page;
        return (long)((top - Page - address) / KiB);
    }

    private static long Mmaps(MachineSpec spec, ulong limit)
    {
        using var program = new ExperimentProgram(spec);
        program.Calls.Prlimit(program.Task, 0, RlimitResource.AddressSpace, new Rlimit(limit, Rlimit.Infinity), out _);
        long maps = 0;
        while (!program.Map(1, Prot.Read | Prot.Write).IsError)
            maps++;
        return maps;
    }

    // 1 MiB is the limit; the caller is nobody.
    private static long Memlock(MachineSpec spec, ulong beyond, bool afterMunlockall)
    {
        using var program = new ExperimentProgram(spec);
        program.Calls.Prlimit(program.Task, 0, RlimitResource.MemLock, new Rlimit(MiB, MiB), out _);
        program.Calls.Setuid(program.Task, 65534);
        ulong area = program.Map(2, Prot.Read | Prot.Write).Address;
        SysResult result = program.Calls.Mlock(program.Task, area, MiB + beyond, MlockFlags.None);
        if (afterMunlockall)
        {
            program.Calls.Munlockall(program.Task);
            result = program.Calls.Mlock(program.Task, area, Page, MlockFlags.None);
        }

        return (long)result.Errno;
    }

    // 16 pages that grow down; 399 pages below them nothing, or a writable mapping.
    private static long GrowsDown(MachineSpec spec, bool guarded)
    {
        const Prot writable = Prot.Read | Prot.Write;
        using var program = new ExperimentProgram(spec);
        program.Calls.Mmap(program.Task, GrowsDownAt, 16 * Page, writable, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.GrowsDown, -1, 0);
        if (guarded)
            program.Calls.Mmap(program.Task, GrowsDownAt - (400 * Page), Page, writable, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0);
        int grown = 0;
        while (grown < GrowthCap && program.Machine.Access(program.Task, GrowsDownAt - ((ulong)(grown + 1) * Page), AccessKind.Write).IsResolved)
            grown++;
        return grown;
    }

    private static VmArea AreaOf(ExperimentProgram program, ulong address)
    {
        int vma = program.Machine.AddressSpaces.Mms[program.Machine.Tasks.Tasks[program.Task].Mm].Mmap;
        while (program.Machine.AddressSpaces.Vmas[vma].End <= address)
            vma = program.Machine.AddressSpaces.Vmas[vma].Next;
        return program.Machine.AddressSpaces.Vmas[vma];
    }
}
