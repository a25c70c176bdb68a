using Microsoft.Win32.SafeHandles;
using Pagewise.Kernel.Swap;

namespace Pagewise.Replay.Machines;

/// <summary>
/// A swap area's bytes in a file of the host, which is made for one machine and goes with it. What the host cannot read
/// or write (a full disk, a file that somebody cut) is an I/O error of the modelled device.
/// </summary>
public sealed class HostSwapFile : ISwapStore
{
    private const int PageBytes = 4096;

    private readonly SafeFileHandle _file;

    /// <summary>Makes the file.</summary>
    /// <param name="path">Its path; a file that is there already is not touched.</param>
    /// <param name="pages">Its length in pages.</param>
    /// <exception cref="MachineFileException">It cannot be made.</exception>
    public HostSwapFile(string path, uint pages)
    {
        try
        {
            _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.DeleteOnClose);
            RandomAccess.SetLength(_file, (long)pages * PageBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new MachineFileException(path, $"no swap file can be made there: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    /// <summary>Makes a file of its own name in a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="pages">The file's length in pages.</param>
    public static HostSwapFile In(string directory, uint pages) => new(Path.Combine(directory, $"pagewise-swap-{Path.GetRandomFileName()}"), pages);

    /// <inheritdoc/>
    public bool Read(uint slot, Span<byte> page)
    {
        try
        {
            return RandomAccess.Read(_file, page, (long)slot * PageBytes) == PageBytes;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public bool Write(uint slot, ReadOnlySpan<byte> page)
    {
        try
        {
            // Beyond the end of a file that was cut nothing is written, or what stood between would read as zeroes.
            if (RandomAccess.GetLength(_file) < ((long)slot + 1) * PageBytes)
                return false;
            RandomAccess.Write(_file, page, (long)slot * PageBytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
