using System.Runtime.InteropServices;

namespace Pagewise.NativeMemory;

/// <summary>The host's calls that reserve and give back address space: mmap on Unix, VirtualAlloc elsewhere.</summary>
internal static unsafe partial class HostMemory
{
    private const int ProtReadWrite = 3;
    private const int MapPrivate = 2;
    private const int LinuxMapAnonymousNoReserve = 0x20 | 0x4000;
    private const int BsdMapAnonymousNoReserve = 0x1000 | 0x40;
    private const int MadvDontNeed = 4;
    private const int MadvHugePage = 14;
    private const int MremapMayMoveFixedDontUnmap = 1 | 2 | 4;
    private const uint MemCommitReserve = 0x3000;
    private const uint MemRelease = 0x8000;
    private const uint PageReadWrite = 4;

    public static void* Reserve(ulong sizeBytes)
    {
        if (OperatingSystem.IsWindows())
        {
            void* block = VirtualAlloc(null, (nuint)sizeBytes, MemCommitReserve, PageReadWrite);
            return block is null ? throw new HostMemoryException(sizeBytes) : block;
        }

        int flags = MapPrivate | (OperatingSystem.IsLinux() ? LinuxMapAnonymousNoReserve : BsdMapAnonymousNoReserve);
        void* start = Mmap(null, (nuint)sizeBytes, ProtReadWrite, flags, -1, 0);
        return (nint)start == -1 ? throw new HostMemoryException(sizeBytes) : start;
    }

    public static void Release(void* start, ulong sizeBytes)
    {
        if (OperatingSystem.IsWindows())
            _ = VirtualFree(start, 0, MemRelease);
        else
            _ = Munmap(start, (nuint)sizeBytes);
    }

    public static void Discard(void* start, ulong lengthBytes)
    {
        if (OperatingSystem.IsLinux())
            _ = Madvise(start, (nuint)lengthBytes, MadvDontNeed);
        else
            System.Runtime.InteropServices.NativeMemory.Clear(start, (nuint)lengthBytes);
    }

    public static void PreferLargePages(void* start, ulong lengthBytes)
    {
        if (OperatingSystem.IsLinux())
            _ = Madvise(start, (nuint)lengthBytes, MadvHugePage);
    }

    /// <summary>Moves whole pages without copying them; what they leave reads as zero. False where the host cannot.</summary>
    public static bool TryMovePages(void* source, void* target, ulong lengthBytes) =>
        OperatingSystem.IsLinux()
        && Mremap(source, (nuint)lengthBytes, (nuint)lengthBytes, MremapMayMoveFixedDontUnmap, target) == target;

    [LibraryImport("libc", EntryPoint = "mremap")]
    private static partial void* Mremap(void* address, nuint oldLength, nuint newLength, int flags, void* newAddress);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Mmap(void* address, nuint length, int prot, int flags, int fd, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);

    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc")]
    private static partial void* VirtualAlloc(void* address, nuint size, uint type, uint protect);

    [LibraryImport("kernel32", EntryPoint = "VirtualFree")]
    private static partial int VirtualFree(void* address, nuint size, uint type);
}
