namespace Pagewise.Kernel.PageAllocator;

/// <summary>Frames <paramref name="Start"/> up to but not including <paramref name="End"/>.</summary>
/// <param name="Start">The first frame's number.</param>
/// <param name="End">One past the last frame's number.</param>
public readonly record struct PfnRange(uint Start, uint End)
{
    /// <summary>The number of frames.</summary>
    public uint Count => End > Start ? End - Start : 0;

    /// <summary>What two ranges share; <see cref="Count"/> is 0 when nothing.</summary>
    public PfnRange Intersect(PfnRange other) => new(Math.Max(Start, other.Start), Math.Min(End, other.End));

    /// <inheritdoc/>
    public override string ToString() => $"[0x{Start:x}, 0x{End:x})";
}
