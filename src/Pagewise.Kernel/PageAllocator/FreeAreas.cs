using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>The free areas of a zone, by order.</summary>
[InlineArray(PageOrder.Count)]
public struct FreeAreas
{
    private FreeArea _first;
}
