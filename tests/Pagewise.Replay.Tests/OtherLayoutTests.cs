using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests;

/// <summary>A recording runs on machines on which its addresses lie elsewhere: nothing but addresses may change.</summary>
public sealed class OtherLayoutTests
{
    private static readonly Dictionary<string, Func<MachineSpec, MachineSpec>> Machines = new(StringComparer.Ordinal)
    {
        ["as recorded"] = spec => spec,
        ["randomised, seed 5"] = spec => spec with { RandomizeVaSpace = 2, Seed = 5 },
        ["randomised, seed 6"] = spec => spec with { RandomizeVaSpace = 2, Seed = 6 },
        ["Linux 6.1"] = spec => spec with { Kernel = new KernelVersion(6, 1) },
        ["five levels"] = spec => spec with { Format = PageTableFormat.X86_64_5Level },
        ["bottom up"] = spec => spec with { LegacyVaLayout = true },
        ["huge pages"] = spec => spec with { Thp = ThpMode.Always },
    };

    public static TheoryData<string, string> ProgramsOnMachines()
    {
        var data = new TheoryData<string, string>();
        foreach (string program in (string[])["bash-fork", "busybox-static", "forker", "gawk", "perl", "python3", "python3-threads", "sqlite3", "stackgrow", "threads", "xz"])
        {
            foreach (string machine in Machines.Keys)
                data.Add(program, machine);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(ProgramsOnMachines))]
    public void CallsComeOutAsRecorded(string program, string machine)
    {
        using RecordingReader reader = RecordingReader.Open(Path.Combine(Repository.Oracle, "vm", program + ".log.zst"));
        using var replayer = new Replayer(reader, new ReplayOptions { Configure = Machines[machine], Touch = TouchAssumption.Write });
        replayer.Run();
        replayer.Log.Differences.ShouldBeEmpty();
        replayer.Log.Results.ShouldBeGreaterThan(20);
        replayer.UnexpectedSignals.ShouldBe(0);
        replayer.AssumedAccesses.ShouldBeGreaterThan(0);
    }

    public static TheoryData<string, string> FormatsOfExamples() => new()
    {
        { nameof(PageTableFormat.X86_64), "skylake" },
        { nameof(PageTableFormat.X86_64), "none" },
        { nameof(PageTableFormat.X86_64_5Level), "zen4" },
        { nameof(PageTableFormat.X86Pae), "skylake" },
        { nameof(PageTableFormat.X86_32), "cortex-a76" },
    };

    [Theory]
    [MemberData(nameof(FormatsOfExamples))]
    public void EveryAccessOfARealProgramFindsItsPage(string format, string cpu)
    {
        using RecordingReader reader = RecordingReader.Open(Path.Combine(Repository.Root, "examples", "python3.pgw"));
        using var replayer = new Replayer(reader, new ReplayOptions
        {
            Configure = spec => spec with { Format = Enum.Parse<PageTableFormat>(format), Cpu = cpu, MemoryBytes = 1UL << 30, RandomizeVaSpace = 2 },
        });
        replayer.Run();
        replayer.Accesses.ShouldBeGreaterThan(10_000_000);
        replayer.UnexpectedSignals.ShouldBe(0);
        replayer.Log.Differences.ShouldBeEmpty();
    }
}
