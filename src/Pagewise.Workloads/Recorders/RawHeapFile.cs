using System.Globalization;
using System.Text;

namespace Pagewise.Workloads;

/// <summary>
/// A file as <c>heaprec.c</c> leaves it: <c>heap.PID.N</c>, text followed by NULs up to the end of its last window. A forked
/// child's begins with a line that says how much of its parent's file comes before its own.
/// </summary>
internal sealed class RawHeapFile
{
    private const string ForkMark = "# forked from ";
    private readonly string _path;
    private readonly long _ownLength;

    private RawHeapFile(string path, int pid, int image)
    {
        _path = path;
        Pid = pid;
        Image = image;
        _ownLength = FindEnd(path);
        FirstLine = ReadFirstLine();
    }

    public int Pid { get; }

    /// <summary>0 for the process's first image, one more after each execve.</summary>
    public int Image { get; }

    public string FirstLine { get; }

    /// <summary>The parent's file name and how many bytes of it come before this file's; null in a file of its own.</summary>
    public (string Name, long Bytes)? Parent
    {
        get
        {
            string[] words = FirstLine.Split(' ');
            return FirstLine.StartsWith(ForkMark, StringComparison.Ordinal) && words.Length > 6
                && long.TryParse(words[6], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? (words[3], bytes) : null;
        }
    }

    /// <summary>The files in a folder, by process and image.</summary>
    public static List<RawHeapFile> All(string folder)
    {
        var files = new List<RawHeapFile>();
        foreach (string path in Directory.EnumerateFiles(folder, "heap.*"))
        {
            if (Path.GetFileName(path).Split('.') is [_, string pid, string image]
                && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out int process)
                && int.TryParse(image, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                files.Add(new RawHeapFile(path, process, number));
            }
        }

        files.Sort((left, right) => left.Pid != right.Pid ? left.Pid.CompareTo(right.Pid) : left.Image.CompareTo(right.Image));
        return files;
    }

    /// <summary>The whole recording: the parent's part, where there is one, and this file's.</summary>
    public Stream Open() => new SplicedStream(Pieces(Path.GetDirectoryName(_path)!));

    private List<(string Path, long Length)> Pieces(string folder)
    {
        var pieces = new List<(string, long)> { (_path, _ownLength) };
        RawHeapFile file = this;
        while (file.Parent is { } parent && System.IO.File.Exists(Path.Combine(folder, parent.Name)) && pieces.Count < 1000)
        {
            file = new RawHeapFile(Path.Combine(folder, parent.Name), 0, 0);
            pieces.Insert(0, (file._path, Math.Min(parent.Bytes, file._ownLength)));
        }

        return pieces;
    }

    private string ReadFirstLine()
    {
        using FileStream file = System.IO.File.OpenRead(_path);
        byte[] head = new byte[(int)Math.Min(512, _ownLength)];
        file.ReadExactly(head);
        int end = Array.IndexOf(head, (byte)'\n');
        return Encoding.UTF8.GetString(head, 0, end < 0 ? head.Length : end);
    }

    // The text ends before the NULs; an unfinished piece of a line cannot be, for lines are ended as they are begun.
    private static long FindEnd(string path)
    {
        using FileStream file = System.IO.File.OpenRead(path);
        byte[] block = new byte[64 << 10];
        for (long end = file.Length; end > 0;)
        {
            int length = (int)Math.Min(block.Length, end);
            file.Position = end - length;
            file.ReadExactly(block, 0, length);
            int last = block.AsSpan(0, length).LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
                return end - length + last + 1;
            end -= length;
        }

        return 0;
    }

    /// <summary>Beginnings of files one after another.</summary>
    private sealed class SplicedStream(List<(string Path, long Length)> pieces) : ReadOnlyStream
    {
        private int _next;
        private FileStream? _file;
        private long _left;

        public override int Read(Span<byte> buffer)
        {
            while (_left == 0)
            {
                _file?.Dispose();
                _file = null;
                if (_next == pieces.Count)
                    return 0;
                (string path, _left) = pieces[_next++];
                _file = System.IO.File.OpenRead(path);
            }

            int read = _file!.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
            _left = read == 0 ? 0 : _left - read;
            return read == 0 ? Read(buffer) : read;
        }

        protected override void Dispose(bool disposing)
        {
            _file?.Dispose();
            base.Dispose(disposing);
        }
    }
}
