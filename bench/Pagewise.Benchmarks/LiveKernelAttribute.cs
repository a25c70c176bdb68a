namespace Pagewise.Benchmarks;

/// <summary>Names the figure of <c>native/livekernel.c</c> that does the same work on the kernel running the benchmark.</summary>
/// <param name="figure">A name that <c>livekernel</c> prints, such as <c>first_touch</c>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LiveKernelAttribute(string figure) : Attribute
{
    /// <summary>The figure's name.</summary>
    public string Figure { get; } = figure;
}
