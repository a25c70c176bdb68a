using Pagewise.Kernel.PageCache;
using Pagewise.Procfs;

namespace Pagewise.Replay.Recorded;

/// <summary>
/// The files that a recording speaks of, as inodes of the machine. Path lookup is not modelled: a path is a file. The
/// device and inode number of a file show only in a copy of the maps; they are learnt from the first line that names
/// it and have to match ever after.
/// </summary>
/// <param name="inodes">The machine's inodes.</param>
/// <param name="disk">Where the disk is mounted, with a slash at the end, when all other files lie on a tmpfs that was filled before the first program (an initramfs); null: all lie on disks.</param>
internal sealed class FileWorld(InodeTable inodes, string? disk = null)
{
    private const uint UnknownDevice = 0;

    private readonly Dictionary<string, int> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Process, uint Device, ulong Number), int> _byIdentity = [];
    private readonly Dictionary<(int Process, int Inode), Identity> _identities = [];
    private readonly HashSet<int> _sized = [];
    private readonly HashSet<int> _named = [];
    private ulong _nextNumber = 1;

    /// <summary>The file that a path names; made when it was not met before.</summary>
    public int ByPath(string path)
    {
        if (_byPath.TryGetValue(path, out int inode))
            return inode;
        inode = CreateAt(path);
        _byPath[path] = inode;
        _named.Add(inode);
        return inode;
    }

    /// <summary>The file that a path names; 0 when it was not met yet.</summary>
    public int Find(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>A file whose name is not known yet; a copy of the maps may tell it.</summary>
    public int Nameless(string standIn, InodeKind kind, ulong sizeBytes)
    {
        int inode = Create(standIn, kind);
        SetSize(inode, sizeBytes);
        return inode;
    }

    /// <summary>Takes a path's name from its file: the path leads to another one from now on.</summary>
    /// <returns>The file; 0 when no one met it.</returns>
    public int Unlink(string path)
    {
        _byPath.Remove(path, out int inode);
        return inode;
    }

    /// <summary>The file of a line of a recorded map, for execve: by identity, else by name.</summary>
    public int ByMapsLine(MapsLine line)
    {
        const int process = 0;
        if (_byIdentity.TryGetValue(KeyOf(process, line), out int inode))
            return inode;
        inode = _byPath.GetValueOrDefault(line.Path);
        if (inode == 0 || TryIdentity(process, inode, out _))
        {
            inode = CreateAt(line.Path);
            _byPath[line.Path] = inode;
            _named.Add(inode);
        }

        Bind(process, inode, line);
        return inode;
    }

    /// <summary>
    /// Whether a modelled file is the one that a recorded line names. The first line that shows a file tells its
    /// identity, and its name where that was not known.
    /// </summary>
    /// <param name="inode">The modelled file.</param>
    /// <param name="line">The recorded line.</param>
    /// <param name="process">
    /// The process whose map it is: recorders number files without a device (major 0: shared memory) anew, each process
    /// by itself.
    /// </param>
    public bool IsSame(int inode, MapsLine line, int process)
    {
        if (line.DeviceMajor != 0)
            process = 0;
        if (TryIdentity(process, inode, out Identity known))
            return (known.Device, known.Number) == (DeviceOf(line), line.Inode);
        if (_byIdentity.TryGetValue(KeyOf(process, line), out int other) && TryIdentity(process, other, out _))
            return false;
        Bind(process, inode, line);
        return true;
    }

    /// <summary>Takes a file's identity from a recorded line that names it by its path, where it is not known yet.</summary>
    public void Learn(MapsLine line)
    {
        if (line.DeviceMajor != 0 && _byPath.TryGetValue(line.Path, out int inode) && !TryIdentity(0, inode, out _))
            Bind(0, inode, line);
    }

    /// <summary>Whether a file has its path, not a stand-in.</summary>
    public bool IsNamed(int inode) => _named.Contains(inode);

    /// <summary>Sets a file's size, as stat says it.</summary>
    public void SetSize(int inode, ulong sizeBytes)
    {
        inodes.Inodes[inode].SizeBytes = sizeBytes;
        _sized.Add(inode);
    }

    /// <summary>Makes a file of unknown size reach at least this far: something was mapped or read there.</summary>
    public void Reach(int inode, ulong endBytes)
    {
        if ((inodes.Inodes[inode].Kind == InodeKind.Regular || inodes.Inodes[inode].WarmPages != 0) && !_sized.Contains(inode) && endBytes > inodes.Inodes[inode].SizeBytes)
            inodes.Inodes[inode].SizeBytes = endBytes;
    }

    /// <summary>What backs a path, by Linux's conventional names.</summary>
    public static InodeKind KindOf(string path)
    {
        if (path.StartsWith("/dev/zero", StringComparison.Ordinal))
            return InodeKind.DevZero;
        if (path.StartsWith("/dev/shm/", StringComparison.Ordinal) || path.StartsWith("/memfd:", StringComparison.Ordinal)
            || path.StartsWith("/SYSV", StringComparison.Ordinal))
            return InodeKind.Shmem;
        bool isSpecial = !path.StartsWith('/') || path.StartsWith("/dev/", StringComparison.Ordinal)
            || path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal);
        return isSpecial ? InodeKind.NotMappable : InodeKind.Regular;
    }

    private static uint DeviceOf(MapsLine line) => (line.DeviceMajor << 16) | line.DeviceMinor;

    private static (int Process, uint Device, ulong Number) KeyOf(int process, MapsLine line) => (process, DeviceOf(line), line.Inode);

    // The kernel's own files (shared anonymous memory, segments) end with their last mapping, and their index is used again.
    private bool TryIdentity(int process, int inode, out Identity identity) =>
        _identities.TryGetValue((process, inode), out identity) && inodes.Inodes[inode].Generation == identity.Generation;

    private void Bind(int process, int inode, MapsLine line)
    {
        ref Inode file = ref inodes.Inodes[inode];
        if (line.DeviceMajor != 0)
        {
            file.Device = DeviceOf(line);
            file.Number = line.Inode;
        }

        _identities[(process, inode)] = new Identity(DeviceOf(line), line.Inode, file.Generation);
        _byIdentity[KeyOf(process, line)] = inode;
        if (_named.Add(inode) && file.Kind == InodeKind.Regular)
        {
            inodes.Rename(inode, line.Path);
            _byPath.TryAdd(line.Path, inode);
        }
    }

    private int CreateAt(string path)
    {
        InodeKind kind = KindOf(path);
        if (kind != InodeKind.Regular || disk is null || path.StartsWith(disk, StringComparison.Ordinal))
            return Create(path, kind);
        int inode = Create(path, InodeKind.Shmem);
        inodes.Inodes[inode].WarmPages = ulong.MaxValue >> 12;
        return inode;
    }

    private int Create(string name, InodeKind kind)
    {
        int inode = inodes.Create(name, kind, UnknownDevice, _nextNumber++, 0, mayLackObjects: true);
        if (inode == 0)
            throw new ReplayException("no memory for another file");
        // Another file may have had this place in the table.
        _named.Remove(inode);
        _sized.Remove(inode);
        return inode;
    }

    /// <summary>What a recorded map calls a file.</summary>
    /// <param name="Device">Major &lt;&lt; 16 | minor.</param>
    /// <param name="Number">The inode number.</param>
    /// <param name="Generation">The machine's inode: another file under its index has another.</param>
    private readonly record struct Identity(uint Device, ulong Number, uint Generation);
}
