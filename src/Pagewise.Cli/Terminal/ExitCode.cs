namespace Pagewise.Cli.Terminal;

/// <summary>What the command leaves for its caller.</summary>
internal static class ExitCode
{
    /// <summary>Exit status: everything as asked.</summary>
    public const int Done = 0;

    /// <summary>Exit status: it ran, and recorded results differ.</summary>
    public const int Differs = 1;

    /// <summary>Exit status: it could not run.</summary>
    public const int CouldNotRun = 2;
}
