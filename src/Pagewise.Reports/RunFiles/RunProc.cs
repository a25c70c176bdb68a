namespace Pagewise.Reports.RunFiles;

/// <summary>The modelled /proc at the end of a run (document <c>proc</c>).</summary>
public sealed record RunProc
{
    /// <summary>Texts by path under /proc.</summary>
    public required SortedDictionary<string, string> Files { get; init; }

    /// <summary>Targets of symbolic links by path under /proc.</summary>
    public required SortedDictionary<string, string> Links { get; init; }
}
