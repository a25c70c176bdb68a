namespace Pagewise.Kernel.Tasks;

/// <summary>
/// What execve(2) needs to know of a program: load_elf_binary (fs/binfmt_elf.c) places everything itself from this.
/// </summary>
public sealed record ExecImage
{
    /// <summary>The task's new name; 15 bytes are kept. Linux takes the last part of the path.</summary>
    public required string Comm { get; init; }

    /// <summary>The program. ET_DYN without an interpreter is a static-pie (it goes to the mmap area).</summary>
    public required ExecFile Program { get; init; }

    /// <summary>The dynamic linker (PT_INTERP), null for a static program.</summary>
    public ExecFile? Interpreter { get; init; }

    /// <summary>
    /// Bytes from the first argument string to the top of the stack: strings of arguments and environment, file name
    /// and the final 8 zero bytes (STACK_TOP − arg_start).
    /// </summary>
    public ulong StringsBytes { get; init; } = 4096 - 2048;

    /// <summary>Bytes of the argument strings: arg_end − arg_start.</summary>
    public ulong ArgumentBytes { get; init; } = 16;

    /// <summary>Bytes from env_end to the top of the stack: the file name again and 8 zero bytes.</summary>
    public ulong FileNameBytes { get; init; } = 32;

    /// <summary>
    /// Bytes from the initial stack pointer to the argument strings: argc, pointers, the auxiliary vector, platform
    /// strings and alignment (arg_start − start_stack). 16-byte alignment of the stack pointer is applied after it.
    /// </summary>
    public ulong PointersBytes { get; init; } = 832;

    /// <summary>Whether PT_GNU_STACK asks for an executable stack.</summary>
    public bool HasExecutableStack { get; init; }

    /// <summary>
    /// Whether the program runs as a 32-bit one on a 64-bit kernel (compat). The address-space size follows.
    /// </summary>
    public bool Is32Bit { get; init; }
}
