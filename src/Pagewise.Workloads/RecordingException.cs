namespace Pagewise.Workloads;

/// <summary>
/// A recording cannot be read, by no fault of Pagewise: cut, damaged, or not a recording. The message is one line with
/// the place and what was expected.
/// </summary>
public sealed class RecordingException : Exception
{
    /// <summary>A fault at a place of a file.</summary>
    /// <param name="file">The file as the user named it; <c>-</c> for standard input.</param>
    /// <param name="line">The line, from 1; 0 where the format has no lines.</param>
    /// <param name="column">The byte in the line, from 1, or the byte in the file, from 0, where there are no lines.</param>
    /// <param name="expected">What was expected there, as a phrase after "expected"; or a whole statement.</param>
    /// <param name="inner">The host's error, if any.</param>
    public RecordingException(string file, long line, long column, string expected, Exception? inner = null)
        : base(line > 0 ? $"{file}:{line}:{column}: {expected}" : $"{file}: byte {column}: {expected}", inner)
    {
        File = file;
        Line = line;
        Column = column;
        Expected = expected;
    }

    /// <summary>A fault of a whole file.</summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="inner">The host's error, if any.</param>
    public RecordingException(string file, string reason, Exception? inner = null)
        : base($"{file}: {reason}", inner)
    {
        File = file;
        Expected = reason;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The line, from 1, or 0 where there is none.</summary>
    public long Line { get; }

    /// <summary>The byte in the line, from 1; the byte in the file where there is no line.</summary>
    public long Column { get; }

    /// <summary>What was expected, or what is wrong.</summary>
    public string Expected { get; }
}
