namespace Pagewise.Malloc.Releases;

/// <summary>A change as a type, so that <see cref="Swapped{TRelease, TOther, TChange}"/> costs nothing at run time.</summary>
public interface IReleaseChange
{
    /// <summary>The change.</summary>
    static abstract ReleaseChange Change { get; }
}
