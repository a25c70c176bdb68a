namespace Pagewise.Reports.Oom;

/// <summary>Who dies, why, and what would change it: one choice of the OOM killer explained.</summary>
/// <param name="Source">What was looked at.</param>
/// <param name="Answer">The answer in one sentence.</param>
/// <param name="Why">The reasons, a sentence each.</param>
/// <param name="TotalPages">What could be had: memory and swap of what is short, in pages.</param>
/// <param name="VictimPid">The victim; 0 for nobody.</param>
/// <param name="Processes">The processes, those with most points first.</param>
/// <param name="Changes">What would have made it come out otherwise, a sentence each.</param>
/// <param name="Alternatives">The what-ifs that were asked.</param>
/// <param name="Notes">What is missing or doubtful, a sentence each.</param>
public sealed record OomAnswer(
    string Source, string Answer, IReadOnlyList<string> Why, long TotalPages, int VictimPid, IReadOnlyList<OomAnswerRow> Processes,
    IReadOnlyList<string> Changes, IReadOnlyList<OomAlternative> Alternatives, IReadOnlyList<string> Notes);
