namespace Pagewise.Reports.Run;

/// <summary>A system call by name.</summary>
/// <param name="Name">The call's name, as strace prints it.</param>
/// <param name="Calls">How often it was made.</param>
/// <param name="Errors">How often it failed.</param>
public sealed record CallFacts(string Name, long Calls, long Errors);
