using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>The free blocks of one order in one zone: <c>struct free_area</c>.</summary>
public struct FreeArea
{
    /// <summary>Blocks in all lists (nr_free).</summary>
    public long NrFree;

    /// <summary>The lists, by migrate type.</summary>
    public PageLists Lists;

    /// <summary>One list a <see cref="MigrateType"/>.</summary>
    [InlineArray(MigrateTypes.Count)]
    public struct PageLists
    {
        private PageList _first;
    }
}
