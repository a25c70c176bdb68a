namespace Pagewise.Reports.Run;

/// <summary>Virtual time that one cause took.</summary>
/// <param name="Cause">translation, faults, system calls …</param>
/// <param name="Ns">Nanoseconds.</param>
public sealed record TimeCause(string Cause, double Ns);
