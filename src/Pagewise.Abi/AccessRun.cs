namespace Pagewise.Abi;

/// <summary>
/// Consecutive accesses of one kind to one 4 KiB page: the unit in which recorded accesses are stored and replayed.
/// 16 bytes. An access that crosses a page is two runs.
/// </summary>
/// <param name="Address">The first access's virtual address; its page is the run's page.</param>
/// <param name="Count">How many accesses the run stands for, at least 1.</param>
/// <param name="Kind">Load, store or instruction fetch.</param>
public readonly record struct AccessRun(ulong Address, uint Count, AccessKind Kind);
