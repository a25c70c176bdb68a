namespace Pagewise.Procfs;

/// <summary>A line "name value" of a /proc file.</summary>
/// <param name="Name">The counter's name.</param>
/// <param name="Value">Its value; the unit is the counter's own.</param>
public readonly record struct ProcfsCounter(string Name, long Value);
