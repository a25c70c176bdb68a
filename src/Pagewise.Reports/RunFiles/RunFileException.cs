namespace Pagewise.Reports.RunFiles;

/// <summary>A run file cannot be read or written. The message is one clear line with the file's name.</summary>
public sealed class RunFileException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <param name="cause">What was found first; null where this is it.</param>
    public RunFileException(string file, string problem, Exception? cause = null)
        : base($"{file}: {problem.ReplaceLineEndings(" ")}", cause)
    {
    }
}
