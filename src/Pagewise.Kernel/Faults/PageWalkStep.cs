namespace Pagewise.Kernel.Faults;

/// <summary>One entry that a walk reads.</summary>
/// <param name="Level">The level of the table: 1 is the last (PTE), the highest is the PGD.</param>
/// <param name="TablePfn">The table's frame.</param>
/// <param name="Index">The entry's index in it.</param>
/// <param name="Entry">The entry's bits.</param>
public readonly record struct PageWalkStep(int Level, uint TablePfn, int Index, ulong Entry);
