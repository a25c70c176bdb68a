using Pagewise.Abi;
using Pagewise.Kernel.Tasks;
using Pagewise.Replay.Recorded;

namespace Pagewise.Replay.Images;

/// <summary>Programs whose segments the recording does not show: read from this host's file, or a stand-in.</summary>
internal static class ImageFromFile
{
    private const int TypicalEnvironmentBytes = 2048;

    /// <summary>Reads the ELF headers of a program on this host; null when it is not here.</summary>
    public static ExecImage? TryBuild(string path, string comm, IReadOnlyList<string> arguments, FileWorld files)
    {
        if (!path.StartsWith('/') || ElfFile.TryRead(path) is not { } elf)
            return null;
        ElfFile? interpreter = elf.Interpreter is null ? null : ElfFile.TryRead(elf.Interpreter);
        if (elf.Interpreter is not null && interpreter is null)
            return null;
        ulong argumentBytes = 0;
        foreach (string argument in arguments)
            argumentBytes += (ulong)argument.Length + 1;
        ulong nameBytes = (ulong)path.Length + 1 + 8;
        return new ExecImage
        {
            Comm = comm,
            Program = ToExecFile(elf, path, files),
            Interpreter = interpreter is null ? null : ToExecFile(interpreter, elf.Interpreter!, files),
            ArgumentBytes = argumentBytes,
            StringsBytes = argumentBytes + TypicalEnvironmentBytes + nameBytes,
            FileNameBytes = nameBytes,
            HasExecutableStack = elf.HasExecutableStack,
            Is32Bit = elf.Is32Bit,
        };
    }

    /// <summary>A small dynamically linked program with its linker, sized like those of a Linux distribution.</summary>
    public static ExecImage StandIn(string path, string comm, FileWorld files)
    {
        ExecFile program = Sized(path.Length == 0 ? "/program" : path, [0x1000, 0x4000, 0x2000, 0x2000], files);
        ExecFile linker = Sized("/lib64/ld-linux-x86-64.so.2", [0x1000, 0x26000, 0xa000, 0x4000], files);
        return new ExecImage { Comm = comm, Program = program, Interpreter = linker };
    }

    /// <summary>A static program of four pages at 0x400000, where such are linked to: what it is made of, the recorded calls map over it.</summary>
    public static ExecImage StaticStandIn(string path, string comm, FileWorld files) =>
        new() { Comm = comm, Program = Sized(path.Length == 0 ? "/program" : path, [0x1000, 0x1000, 0x1000, 0x1000], files, 0x400000) };

    private static ExecFile Sized(string path, ReadOnlySpan<ulong> lengths, FileWorld files, ulong linkedTo = 0)
    {
        Prot[] prots = [Prot.Read, Prot.Read | Prot.Exec, Prot.Read, Prot.Read | Prot.Write];
        var segments = new List<ExecSegment>();
        ulong at = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            segments.Add(new ExecSegment(linkedTo + at, at, lengths[i], lengths[i], prots[i]));
            at += lengths[i];
        }

        int inode = files.ByPath(path);
        files.Reach(inode, at);
        return new ExecFile { Inode = inode, Segments = segments, IsPositionIndependent = linkedTo == 0 };
    }

    private static ExecFile ToExecFile(ElfFile elf, string path, FileWorld files)
    {
        int inode = files.ByPath(path);
        files.SetSize(inode, elf.SizeBytes);
        return new ExecFile
        {
            Inode = inode,
            Segments = elf.Segments,
            IsPositionIndependent = elf.IsPositionIndependent,
            AlignmentBytes = elf.AlignmentBytes,
        };
    }
}
