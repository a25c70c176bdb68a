namespace Pagewise.Replay.Machines;

/// <summary>A machine file or a <c>--set</c> is wrong. The message is one line with the place and what was expected.</summary>
public sealed class MachineFileException : Exception
{
    /// <summary>A fault at a place of a file.</summary>
    public MachineFileException(string file, long line, long column, string message, Exception? inner = null)
        : base($"{file}:{line}:{column}: {message}", inner)
    {
    }

    /// <summary>A fault of a whole file, or of a setting given on the command line.</summary>
    public MachineFileException(string place, string message, Exception? inner = null)
        : base($"{place}: {message}", inner)
    {
    }
}
