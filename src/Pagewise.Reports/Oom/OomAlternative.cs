namespace Pagewise.Reports.Oom;

/// <summary>What would have been otherwise.</summary>
/// <param name="If">The condition, as the user wrote it.</param>
/// <param name="Then">Who would be the victim then, a sentence.</param>
/// <param name="VictimPid">The victim then; 0 for nobody, null when there is no such process.</param>
public sealed record OomAlternative(string If, string Then, int? VictimPid);
