namespace Pagewise.Kernel.Oom;

/// <summary>The modelled kernel panicked: the machine stands still and takes no more calls or accesses.</summary>
/// <param name="message">What the kernel prints after "Kernel panic - not syncing: ".</param>
public sealed class KernelPanicException(string message) : Exception(message);
