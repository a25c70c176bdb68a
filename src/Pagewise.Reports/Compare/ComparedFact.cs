namespace Pagewise.Reports.Compare;

/// <summary>A fact of two runs that is no figure, such as a setting.</summary>
/// <param name="Name">What it is.</param>
/// <param name="A">The first run's.</param>
/// <param name="B">The second run's.</param>
public sealed record ComparedFact(string Name, string A, string B);
