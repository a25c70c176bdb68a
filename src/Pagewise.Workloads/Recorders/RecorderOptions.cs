namespace Pagewise.Workloads;

/// <summary>What to record.</summary>
/// <param name="Program">The program: a path, or a name to be found in PATH.</param>
/// <param name="Arguments">Its arguments, without its name.</param>
public sealed record RecorderOptions(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>
    /// Whether address space randomisation stays as the system has it. By default it is off (setarch -R): then a
    /// recording made twice has the same addresses, and a model without randomisation reproduces them.
    /// </summary>
    public bool KeepRandomisation { get; init; }

    /// <summary>The program's working directory; null for this process's own.</summary>
    public string? WorkingDirectory { get; init; }
}
