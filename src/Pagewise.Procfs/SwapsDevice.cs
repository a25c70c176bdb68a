namespace Pagewise.Procfs;

/// <summary>A swap area in /proc/swaps.</summary>
/// <param name="Name">The device or file.</param>
/// <param name="Type"><c>partition</c> or <c>file</c>.</param>
/// <param name="SizeKib">Its size, KiB.</param>
/// <param name="UsedKib">What of it is used, KiB.</param>
/// <param name="Priority">Its priority.</param>
public sealed record SwapsDevice(string Name, string Type, long SizeKib, long UsedKib, int Priority);
