using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Tasks;

/// <summary>A kernel stack: 16 KiB of single pages behind a vmalloc area (CONFIG_VMAP_STACK).</summary>
public struct KernelStack
{
    /// <summary>Pages of a stack (THREAD_SIZE / PAGE_SIZE on x86-64).</summary>
    public const int PageCount = 4;

    /// <summary>Its pages, in order.</summary>
    public FrameArray Frames;

    /// <summary>The vmap_area object.</summary>
    public ulong VmapArea;

    /// <summary>The vm_struct object, kmalloc's.</summary>
    public ulong VmStruct;

    /// <summary>The array of its pages (vm_struct's pages), kmalloc's.</summary>
    public ulong PageArray;

    /// <summary>The frames.</summary>
    [InlineArray(PageCount)]
    public struct FrameArray
    {
        private uint _first;
    }
}
