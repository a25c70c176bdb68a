using Pagewise.Kernel;
using Pagewise.Replay.Comparing;

namespace Pagewise.Replay;

/// <summary>How a recording is replayed.</summary>
public sealed record ReplayOptions
{
    /// <summary>What happens when the model's answer is not the recorded one.</summary>
    public ReplayMode Mode { get; init; }

    /// <summary>What is assumed where accesses were not recorded.</summary>
    public TouchAssumption Touch { get; init; }

    /// <summary>
    /// Changes the machine that the recording's header describes: a machine file, <c>--set</c>. Null keeps it.
    /// </summary>
    public Func<MachineSpec, MachineSpec>? Configure { get; init; }

    /// <summary>Whether a program that the recording does not show is a static one, linked to 0x400000; else it has a dynamic linker.</summary>
    public bool ProgramsAreStatic { get; init; }

    /// <summary>Where the disk is mounted, with a slash at the end, when all other files lie on a tmpfs that is the root; null: all lie on disks.</summary>
    public string? DiskOfTmpfsRoot { get; init; }

    /// <summary>Sizes in bytes of files that are there from the start, by path, where the recording does not tell them; null: it tells all that it needs.</summary>
    public IReadOnlyDictionary<string, ulong>? FileSizes { get; init; }

    /// <summary>Where results are counted; null: in a log of the replay's own.</summary>
    public ResultLog? Log { get; init; }

    /// <summary>Machine to start from, in place of <see cref="AssumedMachine"/>.</summary>
    public MachineSpec? Machine { get; init; }

    /// <summary>How many differences keep their text; all are counted.</summary>
    public int DifferenceLimit { get; init; } = 1000;

    /// <summary>
    /// The machine where a recording does not say: that of the strace recordings in the oracle, Linux 6.18 on x86-64
    /// with 24 GiB of memory (MemTotal 23.5 GiB), no swap and no ASLR, as root with CAP_IPC_LOCK and without CAP_SYS_RESOURCE.
    /// Its read_ahead_kb is inferred (docs/fidelity.md).
    /// </summary>
    public static MachineSpec AssumedMachine { get; } = new()
    {
        MemoryBytes = 24UL << 30,
        CapIpcLock = true,
        CapSysResource = false,
        CapSysAdmin = false,
        ReadAheadKb = 8192,
    };
}
