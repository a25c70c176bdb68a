using System.Text;
using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>A call that the strace parser decodes.</summary>
/// <param name="Sysno">Its number.</param>
/// <param name="Traits">What is special about it.</param>
/// <param name="MinimumArguments">How many arguments a complete call shows at least.</param>
internal readonly record struct KnownCall(Sysno Sysno, CallTraits Traits, byte MinimumArguments)
{
    // Arguments that decide the call's effect, for the calls where one missing means a damaged line.
    private const string ExactCalls =
        "mmap=6 mprotect=3 munmap=2 brk=1 mremap=4 msync=3 mincore=3 madvise=3 shmget=3 shmat=3 shmdt=1 clone=1 " +
        "fork=0 vfork=0 execve=1 exit=1 exit_group=1 mlock=2 munlock=2 mlockall=1 munlockall=0 mlock2=3 mseal=3 " +
        "getrlimit=2 setrlimit=2 prlimit64=4 remap_file_pages=5 pkey_mprotect=4 map_shadow_stack=3 clone3=2";

    private const string NamedCalls =
        "open openat openat2 creat stat lstat newfstatat statx execve execveat unlink unlinkat mkdir mkdirat rmdir readlink truncate memfd_create prctl swapon swapoff";

    // 32-bit programs' names for calls of the same meaning.
    private const string Aliases =
        "mmap2=mmap stat64=stat lstat64=lstat fstat64=fstat fstatat64=newfstatat truncate64=truncate ftruncate64=ftruncate " +
        "fcntl64=fcntl ugetrlimit=getrlimit fadvise64_64=fadvise64 wait4=wait4 waitpid=wait4";

    private static readonly NameTable<KnownCall> Names = new(All());

    /// <summary>Whether the call has every trait of <paramref name="traits"/>.</summary>
    public bool Has(CallTraits traits) => (Traits & traits) != 0;

    /// <summary>The call of a name; false when there is no decoder for it.</summary>
    public static bool TryGet(ReadOnlySpan<byte> name, out KnownCall call) => Names.TryGet(name, out call);

    private static List<(string Name, KnownCall Call)> All()
    {
        var exact = ExactCalls.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => byte.Parse(pair[1]));
        var named = NamedCalls.Split(' ').ToHashSet();
        var all = new Dictionary<string, KnownCall>();
        foreach (Sysno sysno in Enum.GetValues<Sysno>())
        {
            if (sysno == Sysno.Unknown)
                continue;
            string name = KernelName(sysno.ToString());
            CallTraits traits = sysno switch
            {
                Sysno.Write or Sysno.Pwrite64 => CallTraits.Writes,
                Sysno.Fork or Sysno.Vfork or Sysno.Clone or Sysno.Clone3 => CallTraits.Forks,
                _ => CallTraits.None,
            };
            if (named.Contains(name))
                traits |= CallTraits.Named;
            bool isExact = exact.TryGetValue(name, out byte minimum);
            all[name] = new KnownCall(sysno, isExact ? traits | CallTraits.Exact : traits, minimum);
        }

        foreach (string[] alias in Aliases.Split(' ').Select(pair => pair.Split('=')))
            all[alias[0]] = all[alias[1]];
        all["mmap2"] = all["mmap"] with { Traits = CallTraits.Exact | CallTraits.Mmap2 };
        all["touch"] = new KnownCall(Sysno.Unknown, CallTraits.Touch, 3);
        return all.Select(pair => (pair.Key, pair.Value)).ToList();
    }

    /// <summary>SetTidAddress → set_tid_address.</summary>
    private static string KernelName(string name)
    {
        var text = new StringBuilder();
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
