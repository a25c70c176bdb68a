namespace Pagewise.Reports.Run;

/// <summary>A name with a count.</summary>
/// <param name="Name">The name.</param>
/// <param name="Count">The count.</param>
public sealed record CountedName(string Name, long Count);
