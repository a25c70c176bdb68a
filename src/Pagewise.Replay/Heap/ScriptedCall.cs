using Pagewise.Abi;

namespace Pagewise.Replay.Heap;

/// <summary>A memory system call by the arguments that malloc chooses.</summary>
internal readonly record struct ScriptedCall(Sysno Call, ulong Arg0, ulong Arg1, ulong Arg2, ulong Arg3)
{
    public override string ToString() => Call switch
    {
        Sysno.Brk => $"brk(0x{Arg0:x})",
        Sysno.Mmap => $"mmap({Address(Arg0)}, {Arg1}, {Names("PROT_", (Prot)Arg2)}, {Names("MAP_", (MapFlags)Arg3)}, -1, 0)",
        Sysno.Munmap => $"munmap(0x{Arg0:x}, {Arg1})",
        Sysno.Mprotect => $"mprotect(0x{Arg0:x}, {Arg1}, {Names("PROT_", (Prot)Arg2)})",
        Sysno.Mremap => $"mremap(0x{Arg0:x}, {Arg1}, {Arg2}, {Names("MREMAP_", (MremapFlags)Arg3)})",
        Sysno.Madvise => $"madvise(0x{Arg0:x}, {Arg1}, {Names("MADV_", (Madvice)Arg2)})",
        _ => $"{Call}",
    };

    private static string Address(ulong address) => address == 0 ? "NULL" : $"0x{address:x}";

    // The enums carry Linux's names in C# casing.
    private static string Names<T>(string prefix, T value)
        where T : struct, Enum => string.Join('|', $"{value}".Split(", ").Select(name => prefix + name.ToUpperInvariant()));
}
