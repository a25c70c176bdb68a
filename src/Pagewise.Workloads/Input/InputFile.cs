namespace Pagewise.Workloads;

/// <summary>Files that the user names, plain or compressed.</summary>
public static class InputFile
{
    /// <summary>Reads a whole file, decompressed where it is zstd, xz or gzip, or Brotli by its name.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="limitBytes">The most plain bytes that such a file may have.</param>
    /// <exception cref="RecordingException">It cannot be read, is damaged, or is longer.</exception>
    public static byte[] ReadAllBytes(string file, int limitBytes)
    {
        using InputBuffer input = InputBuffer.Open(file, Open(file));
        while (input.Window.Length <= limitBytes && input.Fill(limitBytes + 1))
        {
        }

        return input.Window.Length <= limitBytes
            ? input.Window.ToArray()
            : throw new RecordingException(file, $"is longer than {limitBytes} bytes");
    }

    /// <summary>Opens a file for reading.</summary>
    internal static FileStream Open(string file)
    {
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new RecordingException(file, $"cannot be opened: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}", fault);
        }
    }
}
