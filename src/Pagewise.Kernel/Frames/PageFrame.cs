namespace Pagewise.Kernel.Frames;

/// <summary>
/// What the kernel knows of one frame: Linux's struct page, 32 bytes here. All zero is an untouched free frame, so the
/// host commits no memory for frames that were never used.
/// </summary>
public struct PageFrame
{
    private const int OrderShift = 28;
    private const int IndexBits = 52;
    private const ulong IndexMask = (1UL << IndexBits) - 1;

    /// <summary>The highest number that <see cref="Memcg"/> holds.</summary>
    public const int MostMemcg = (1 << (64 - IndexBits)) - 1;

    /// <summary>State.</summary>
    public PageFlags Flags;

    /// <summary>References (_refcount): one for each mapping, one for the page cache. 0 when free.</summary>
    public int RefCount;

    /// <summary>Entries of last-level tables that map this frame (_mapcount + 1). A page table keeps its level here.</summary>
    public int MapCount;

    /// <summary>The inode of a page-cache page, the anon_vma of an anonymous one.</summary>
    public int Mapping;

    private ulong _indexAndMemcg;

    /// <summary>Next frame in the list the frame stands in: free list, LRU list, or a PMD table's deposited tables. The second frame of a huge page keeps the count of PMD mappings here (_entire_mapcount + 1).</summary>
    public uint Next;

    /// <summary>Previous frame in the list.</summary>
    public uint Prev;

    /// <summary>Page index in the file or in the anon_vma (index), below 2^52. A huge page's frames count on from the head's.</summary>
    public ulong Index
    {
        readonly get => _indexAndMemcg & IndexMask;
        set => _indexAndMemcg = (_indexAndMemcg & ~IndexMask) | (value & IndexMask);
    }

    /// <summary>The memory cgroup that pays for the frame (memcg_data), an index of <c>MemCgroups</c>; 0: none does, or the root. A huge page's head has it.</summary>
    public int Memcg
    {
        readonly get => (int)(_indexAndMemcg >> IndexBits);
        set => _indexAndMemcg = (_indexAndMemcg & IndexMask) | ((ulong)(uint)value << IndexBits);
    }

    /// <summary>The order of the page-cache folio that the frame belongs to (folio_order), 0 to 9.</summary>
    public int FolioOrder
    {
        readonly get => (int)((uint)Flags >> OrderShift);
        set => Flags = (PageFlags)(((uint)Flags & ((1u << OrderShift) - 1)) | ((uint)value << OrderShift));
    }
}
