namespace Pagewise.Reports.RunFiles;

/// <summary>How a run was asked for: what meta says of it, so that it can be made again.</summary>
public sealed record RunOptions
{
    /// <summary>The recording as it was named.</summary>
    public required string Recording { get; init; }

    /// <summary>The SHA-256 of its bytes, hexadecimal; empty for standard input.</summary>
    public required string RecordingSha256 { get; init; }

    /// <summary>Version of Pagewise.</summary>
    public required string Version { get; init; }

    /// <summary>What is assumed where no accesses were recorded, as <c>--touch</c> names it.</summary>
    public required string Touch { get; init; }

    /// <summary><c>--seed</c>; null: none was given.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The settings of <c>--set</c>, in order.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The machine file's text; null: none was given.</summary>
    public string? MachineFile { get; init; }
}
