namespace Pagewise.Kernel.Swap;

/// <summary>An element of an <see cref="AgeList{T}"/>.</summary>
internal interface IAged
{
    /// <summary>The one used more lately; 0: none.</summary>
    int Newer { get; set; }

    /// <summary>The one used less lately; 0: none.</summary>
    int Older { get; set; }
}
