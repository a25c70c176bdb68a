namespace Pagewise.Abi;

/// <summary>x86-64 system call numbers (arch/x86/entry/syscalls/syscall_64.tbl) of the calls that Pagewise knows.</summary>
public enum Sysno : short
{
#pragma warning disable CS1591 // each name is the call's own
    Unknown = -1,
    Read = 0, Write = 1, Open = 2, Close = 3, Stat = 4, Fstat = 5, Lstat = 6, Lseek = 8, Mmap = 9, Mprotect = 10,
    Munmap = 11, Brk = 12, Pread64 = 17, Pwrite64 = 18, Readv = 19, Writev = 20, Mremap = 25, Msync = 26, Mincore = 27,
    Madvise = 28, Shmget = 29, Shmat = 30, Shmctl = 31, Dup = 32, Dup2 = 33, Nanosleep = 35, Getpid = 39, Sendfile = 40, Socket = 41, Accept = 43, Clone = 56,
    Fork = 57, Vfork = 58, Execve = 59, Exit = 60, Wait4 = 61, Kill = 62, Shmdt = 67, Fcntl = 72, Fsync = 74,
    Fdatasync = 75, Truncate = 76, Ftruncate = 77, Mkdir = 83, Rmdir = 84, Creat = 85, Unlink = 87, Readlink = 89, Getrlimit = 97,
    Setuid = 105, Setgid = 106, Personality = 135, Mlock = 149, Munlock = 150, Mlockall = 151, Munlockall = 152, Prctl = 157,
    ArchPrctl = 158, Setrlimit = 160, Sync = 162, Swapon = 167, Swapoff = 168, Gettid = 186, Readahead = 187, RemapFilePages = 216, SetTidAddress = 218,
    Fadvise64 = 221, ClockNanosleep = 230, ExitGroup = 231, Mbind = 237, SetMempolicy = 238, GetMempolicy = 239, Waitid = 247, Openat = 257, Mkdirat = 258,
    Newfstatat = 262, Unlinkat = 263, SetRobustList = 273, SyncFileRange = 277, Accept4 = 288, MovePages = 279, Fallocate = 285,
    Dup3 = 292, Preadv = 295, Pwritev = 296, Syncfs = 306, Prlimit64 = 302, MigratePages = 256, Getrandom = 318, MemfdCreate = 319,
    Execveat = 322, Membarrier = 324, Mlock2 = 325, CopyFileRange = 326, PkeyMprotect = 329, PkeyAlloc = 330,
    PkeyFree = 331, Statx = 332, Rseq = 334, Clone3 = 435, CloseRange = 436, Openat2 = 437, ProcessMadvise = 440,
    MemfdSecret = 447, ProcessMrelease = 448, SetMempolicyHomeNode = 450, Cachestat = 451, MapShadowStack = 453, Mseal = 462,
#pragma warning restore CS1591
}
