using System.Text;

namespace Pagewise.Replay.Machines;

/// <summary>Reads small text files that a user named, or that a saved /proc should have, without trusting them.</summary>
internal static class HostFile
{
    /// <summary>A file's text; null when there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limitBytes">The most bytes that it may have.</param>
    /// <param name="expected">What it should be, for messages.</param>
    /// <exception cref="MachineFileException">It is a directory, cannot be read, or is too long.</exception>
    public static string? ReadText(string path, int limitBytes, string expected)
    {
        try
        {
            if (Directory.Exists(path))
                throw new MachineFileException(path, $"is a directory, expected {expected}");
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                // A link in a circle does not exist to whoever follows it.
                return info.LinkTarget is null ? null : throw new MachineFileException(path, "is a link that leads nowhere");
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);
            // Files of /proc say that they are empty, and a read of a sysctl takes a kernel buffer of its length, so pieces are small.
            byte[] piece = new byte[4096];
            var whole = new MemoryStream();
            for (int length = stream.Read(piece); length > 0; length = stream.Read(piece))
            {
                whole.Write(piece, 0, length);
                if (whole.Length > limitBytes)
                    throw new MachineFileException(path, $"is longer than {limitBytes >> 20} MiB: not {expected}");
            }

            return Encoding.UTF8.GetString(whole.GetBuffer(), 0, (int)whole.Length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new MachineFileException(path, $"cannot be read: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }
}
