namespace Pagewise.Reports.Run;

/// <summary>Frames that hold one kind of thing.</summary>
/// <param name="Use">free, anonymous, file, shmem, page tables, slab, kernel stacks, other</param>
/// <param name="Frames">How many frames of 4 KiB.</param>
/// <param name="Bytes">The same in bytes.</param>
public sealed record FrameUse(string Use, long Frames, ulong Bytes);
