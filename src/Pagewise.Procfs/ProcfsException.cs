namespace Pagewise.Procfs;

/// <summary>A file of /proc is not what it should be. The message is one line for the user: file, line, column, what was expected.</summary>
/// <param name="file">The file's name.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="column">The column, from 1, in characters.</param>
/// <param name="message">What was expected.</param>
public sealed class ProcfsException(string file, int line, int column, string message)
    : Exception($"{file}:{line}:{column}: {message}")
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The column, from 1, in characters.</summary>
    public int Column { get; } = column;

    /// <summary>What was expected there.</summary>
    public string Expected { get; } = message;
}
