using System.Diagnostics;

namespace Pagewise.Workloads;

/// <summary>
/// A named pipe that a tool writes its log to, read while the tool runs. What is not read stays in the pipe and stops
/// the tool, so that its process can be looked at. The reading end is open for writing too: opening it never waits,
/// and the end is a 0 byte that this process writes when the tool has ended.
/// </summary>
internal sealed class Fifo : ReadOnlyStream
{
    private readonly DirectoryInfo _folder;
    private readonly FileStream _pipe;
    private byte[] _ahead = [];
    private int _aheadStart;
    private bool _ended;

    public Fifo()
    {
        string mkfifo = RecorderTools.Find("mkfifo", "coreutils");
        _folder = Directory.CreateTempSubdirectory("pagewise-");
        FilePath = Path.Combine(_folder.FullName, "log");
        using (Process process = Process.Start(new ProcessStartInfo(mkfifo, [FilePath]) { UseShellExecute = false })!)
        {
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new RecorderException($"cannot make a named pipe in {_folder.FullName}");
        }

        _pipe = new FileStream(FilePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 1);
    }

    /// <summary>Where the tool is to write.</summary>
    public string FilePath { get; }

    /// <summary>Ends the stream after what is in it when <paramref name="tool"/> has ended.</summary>
    public void EndWith(Process tool) => _ = EndAsync(tool);

    /// <summary>Reads ahead until the text holds <paramref name="mark"/>; false when it ends before. Nothing is taken.</summary>
    public bool Await(ReadOnlySpan<byte> mark)
    {
        var chunk = new byte[4096];
        while (_ahead.AsSpan().IndexOf(mark) < 0)
        {
            int length = ReadPipe(chunk);
            if (length == 0)
                return false;
            _ahead = [.. _ahead, .. chunk.AsSpan(0, length)];
        }

        return true;
    }

    public override int Read(Span<byte> buffer)
    {
        int left = _ahead.Length - _aheadStart;
        if (left == 0)
            return ReadPipe(buffer);
        int length = Math.Min(left, buffer.Length);
        _ahead.AsSpan(_aheadStart, length).CopyTo(buffer);
        _aheadStart += length;
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _folder.Exists)
        {
            _pipe.Dispose();
            _folder.Delete(recursive: true);
            _folder.Refresh();
        }

        base.Dispose(disposing);
    }

    private async Task EndAsync(Process tool)
    {
        await tool.WaitForExitAsync().ConfigureAwait(false);
        using var writer = new FileStream(FilePath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1);
        writer.WriteByte(0);
    }

    private int ReadPipe(Span<byte> buffer)
    {
        if (_ended)
            return 0;
        int length = _pipe.Read(buffer);
        // The text of a tool holds no 0 byte: it is the mark of the end, and the last byte there is.
        if (length > 0 && buffer[length - 1] == 0)
        {
            _ended = true;
            length--;
        }

        return length;
    }
}
