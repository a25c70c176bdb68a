namespace Pagewise.Reports.Heap;

/// <summary>A warning and how often there was cause for it.</summary>
/// <param name="Warning">What it says.</param>
/// <param name="Count">How often.</param>
public sealed record CountedWarning(string Warning, long Count);
