using System.Text.Json;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Exports;

/// <summary>The modelled /proc at the end of a run, as files.</summary>
internal static class ProcFolder
{
    /// <summary>Takes it from a run.</summary>
    /// <exception cref="ExportException">The run has none.</exception>
    public static RunProc Of(RunFile run)
    {
        try
        {
            if (run.Documents.TryGetValue("proc", out string? json) && JsonSerializer.Deserialize(json, RunFileContext.Default.RunProc) is { } proc)
                return proc;
        }
        catch (JsonException exception)
        {
            throw new ExportException($"the run file's /proc is damaged: {exception.Message}");
        }

        throw new ExportException("the run file has no /proc: the run ended before it had a process");
    }

    /// <summary>Writes the tree.</summary>
    /// <param name="proc">The tree.</param>
    /// <param name="directory">Where; nothing is written outside it.</param>
    /// <exception cref="ExportException">A path leads out of the directory: the run file is damaged.</exception>
    public static void Write(RunProc proc, string directory)
    {
        foreach ((string path, string text) in proc.Files)
            File.WriteAllText(Place(directory, path), text);
        foreach ((string path, string target) in proc.Links)
        {
            string link = Place(directory, path);
            File.Delete(link);
            File.CreateSymbolicLink(link, target);
        }
    }

    // Paths are numbers, letters, dots within names and slashes; a damaged file may hold anything.
    private static string Place(string directory, string path)
    {
        string[] parts = path.Split('/');
        if (path.Contains('\0', StringComparison.Ordinal) || Array.Exists(parts, part => part is "" or "." or ".."))
            throw new ExportException("the run file's /proc is damaged: it names a file outside the directory");
        string place = Path.Combine([directory, .. parts]);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        return place;
    }
}
