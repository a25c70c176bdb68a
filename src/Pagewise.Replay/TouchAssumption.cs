namespace Pagewise.Replay;

/// <summary>What a recording without accesses is assumed to do with the memory that it maps.</summary>
public enum TouchAssumption
{
    /// <summary>Nothing: only the calls themselves fault pages in.</summary>
    None,

    /// <summary>
    /// It writes the first page of each private mapping, as soon as it has it: no more than what decides which areas merge,
    /// for an area that was written to has an anon_vma.
    /// </summary>
    First,

    /// <summary>It writes each page that it may write, once, as soon as it has it.</summary>
    Write,

    /// <summary>It also reads every page that it may only read or execute.</summary>
    All,
}
