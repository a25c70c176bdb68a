namespace Pagewise.Workloads;

/// <summary>The fields of struct stat or statx that a recording shows; a field it does not show is 0.</summary>
public struct CallFileStatus
{
    /// <summary><c>st_mode</c>: type and permission bits.</summary>
    public uint Mode;

    /// <summary>Whether <c>st_size</c> was shown (not for devices).</summary>
    public bool HasSize;

    /// <summary><c>st_size</c> in bytes.</summary>
    public long SizeBytes;

    /// <summary><c>st_ino</c> (strace -v).</summary>
    public ulong Inode;

    /// <summary><c>st_dev</c> as makedev() gives it (strace -v).</summary>
    public ulong Device;

    /// <summary><c>st_rdev</c> as makedev() gives it, for devices.</summary>
    public ulong DeviceFile;
}
