using Pagewise.Abi;

namespace Pagewise.Kernel.Tasks;

/// <summary>One PT_LOAD entry of an executable or interpreter (elf64_phdr), addresses as linked.</summary>
/// <param name="Vaddr">p_vaddr: where it is linked to, not necessarily page-aligned.</param>
/// <param name="FileOffset">p_offset, congruent to <paramref name="Vaddr"/> within a page.</param>
/// <param name="FileSizeBytes">p_filesz: bytes from the file; 0 for pure bss.</param>
/// <param name="MemSizeBytes">p_memsz: at least <paramref name="FileSizeBytes"/>; the rest is bss.</param>
/// <param name="Prot">p_flags.</param>
public readonly record struct ExecSegment(ulong Vaddr, ulong FileOffset, ulong FileSizeBytes, ulong MemSizeBytes, Prot Prot);
