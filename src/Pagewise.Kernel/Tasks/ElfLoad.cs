namespace Pagewise.Kernel.Tasks;

/// <summary>An execve under way: Linux's linux_binprm.</summary>
/// <param name="image">The program.</param>
/// <param name="isRandomized">PF_RANDOMIZE.</param>
internal struct ElfLoad(ExecImage image, bool isRandomized)
{
    /// <summary>The program.</summary>
    public readonly ExecImage Image = image;

    /// <summary>Whether addresses are random (PF_RANDOMIZE).</summary>
    public readonly bool IsRandomized = isRandomized;

    /// <summary>One past the stack's last address.</summary>
    public ulong StackTop;

    /// <summary>The stack pointer so far (bprm->p).</summary>
    public ulong StackPointer;
}
