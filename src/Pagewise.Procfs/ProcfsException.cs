namespace Pagewise.Procfs;

/// <summary>A file of /proc is not what it should be. The message is one line for the user: file, line, what was expected.</summary>
/// <param name="file">The file's name.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="message">What was expected.</param>
public sealed class ProcfsException(string file, int line, string message)
    : Exception($"{file}:{line}: {message}")
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>What was expected there.</summary>
    public string Expected { get; } = message;
}
