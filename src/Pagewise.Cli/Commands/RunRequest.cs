using Pagewise.Kernel;
using Pagewise.Replay;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Cli.Commands;

/// <summary>What <c>pagewise run</c> was asked for.</summary>
internal sealed record RunRequest
{
    /// <summary>The recording; - is standard input.</summary>
    public required string Recording { get; init; }

    /// <summary><c>--touch</c>; null: as the recording suggests.</summary>
    public TouchAssumption? Touch { get; init; }

    /// <summary>What the options change about the machine.</summary>
    public required Func<MachineSpec, MachineSpec> Configure { get; init; }

    /// <summary>The settings of <c>--set</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary><c>--seed</c>.</summary>
    public ulong? Seed { get; init; }

    /// <summary><c>--machine</c>.</summary>
    public string? MachineFile { get; init; }

    /// <summary><c>--proc</c>.</summary>
    public string? Proc { get; init; }

    /// <summary><c>--dmesg</c>.</summary>
    public string? Dmesg { get; init; }

    /// <summary><c>--ftrace</c>.</summary>
    public string? Ftrace { get; init; }

    /// <summary><c>--memory-series</c>.</summary>
    public bool HasSeries { get; init; }

    /// <summary>The run file to write; null: none.</summary>
    public string? RunFile { get; init; }

    /// <summary>What a run file says of it.</summary>
    /// <param name="touch">What is assumed where no accesses were recorded.</param>
    public RunOptions ToRunOptions(TouchAssumption touch) => new()
    {
        Recording = Recording,
        RecordingSha256 = Recording == "-" ? "" : RecordingHash.Of(Recording),
        Version = typeof(RunRequest).Assembly.GetName().Version!.ToString(3),
        Touch = touch.ToString().ToLowerInvariant(),
        Seed = Seed,
        Settings = Settings,
        MachineFile = MachineFile is null ? null : File.ReadAllText(MachineFile),
    };
}
