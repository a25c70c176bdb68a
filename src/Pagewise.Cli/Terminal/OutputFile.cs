namespace Pagewise.Cli.Terminal;

/// <summary>Files that commands write: whole or not at all.</summary>
internal static class OutputFile
{
    /// <summary>Writes a text beside the file and puts it in its place.</summary>
    /// <exception cref="UserException">It cannot be written.</exception>
    public static void Write(string path, string text)
    {
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        string draft = Path.Combine(folder ?? ".", $".{Path.GetFileName(path)}.{Environment.ProcessId}");
        try
        {
            if (File.Exists(path) && !IsRegular(path))
            {
                // A device or pipe such as /dev/stdout: there is nothing to put in place.
                File.WriteAllText(path, text);
                return;
            }

            File.WriteAllText(draft, text);
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            if (File.Exists(draft))
                File.Delete(draft);
            throw new UserException($"{path}: cannot be written: {exception.Message}");
        }
    }

    private static bool IsRegular(string path) => (File.GetAttributes(path) & (FileAttributes.Device | FileAttributes.ReparsePoint)) == 0;
}
