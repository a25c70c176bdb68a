using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// What a file system keeps of its own blocks in memory (fs/buffer.c): pages of the block device's inode, each with a buffer
/// head. A CPU holds the 16 blocks that it used last (bh_lrus), and what is held cannot leave memory.
/// </summary>
/// <param name="inodes">The files; the device is one more.</param>
/// <param name="pages">Cached pages.</param>
/// <param name="memMap">The frames.</param>
/// <param name="lru">The LRU lists.</param>
/// <param name="caches">Where buffer heads come from.</param>
/// <param name="cpus">CPUs of the machine.</param>
public sealed class BufferCache(InodeTable inodes, FilePages pages, MemMap memMap, LruLists lru, KmemCaches caches, int cpus) : IDisposable
{
    private const int HeldByCpu = 16; // BH_LRU_SIZE
    private const int MostHeads = 1 << 20;

    private readonly SlabArena<BufferHead> _heads = new(MostHeads, caches.BufferHead);
    private readonly NativeArray<int> _headOf = new(memMap.Count);
    private readonly NativeArray<int> _held = new((ulong)(cpus * HeldByCpu));

    /// <summary>The block device's own inode (bd_inode); 0: none of its pages was needed yet.</summary>
    public int DeviceInode { get; private set; }

    /// <summary>The device's inode, made when it is needed first; 0 when no memory is left for it.</summary>
    internal int TakeDeviceInode()
    {
        if (DeviceInode != 0)
            return DeviceInode;
        DeviceInode = inodes.Create("", InodeKind.Regular, 0, 0, ulong.MaxValue >> 1);
        if (DeviceInode != 0)
            inodes.Inodes[DeviceInode].WarmPages = 0;
        return DeviceInode;
    }

    /// <summary>
    /// Reads a block, and holds it as the one that this CPU used last (sb_bread: __getblk, ext4_read_bh). Looking it up again
    /// after it was made is its second use, so its page is active from the start.
    /// </summary>
    /// <param name="block">Its number.</param>
    /// <param name="reads">Who reads.</param>
    /// <returns>False when no memory is left.</returns>
    internal bool Read(ulong block, PageReads reads)
    {
        int device = TakeDeviceInode();
        if (device == 0)
            return false;
        uint pfn = pages.FrameAt(device, block);
        bool isNew = pfn == 0;
        if (isNew)
        {
            pfn = pages.Add(device, block, Gfp.NoFail);
            if (pfn == 0)
                return false;
            memMap[pfn].Flags |= PageFlags.Referenced;
        }

        if (_headOf[pfn] == 0 && !AddHead(pfn))
            return false;
        lru.MarkAccessed(pfn);
        Hold(_headOf[pfn]);
        if (isNew)
            reads.Submit(device, block, 1);
        reads.Wait(pfn);
        return true;
    }

    /// <summary>Lets a page's buffer heads go (try_to_free_buffers). False: one is held, so the page has to stay.</summary>
    internal bool TryFree(uint pfn)
    {
        int head = _headOf[pfn];
        if (_heads.Items[head].Count != 0)
            return false;
        _heads.Free(head);
        _headOf[pfn] = 0;
        memMap[pfn].Flags &= ~PageFlags.Private;
        return true;
    }

    /// <summary>CPUs hold no blocks any more (invalidate_bh_lrus).</summary>
    internal void DropHeld()
    {
        for (ulong i = 0; i < _held.Length; i++)
        {
            if (_held[i] != 0)
                _heads.Items[_held[i]].Count--;
            _held[i] = 0;
        }
    }

    /// <summary>Adds the buffer heads' kernel objects to a list.</summary>
    internal void CollectObjects(List<ulong> into) => _heads.CollectObjects(into);

    /// <inheritdoc/>
    public void Dispose()
    {
        _heads.Dispose();
        _headOf.Dispose();
        _held.Dispose();
    }

    private bool AddHead(uint pfn)
    {
        int head = _heads.Allocate(Gfp.KernelAccount | Gfp.NoFail);
        if (head == 0)
            return false;
        _heads.Items[head].Pfn = pfn;
        _headOf[pfn] = head;
        memMap[pfn].Flags |= PageFlags.Private;
        return true;
    }

    /// <summary>Puts a block first among those that this CPU holds; the last gives way (bh_lru_install).</summary>
    private void Hold(int head)
    {
        ulong first = (ulong)(lru.Memcgs.CurrentCpu * HeldByCpu);
        int moved = head;
        for (ulong i = first; i < first + HeldByCpu; i++)
        {
            (moved, _held[i]) = (_held[i], moved);
            if (moved == head)
                return;
        }

        _heads.Items[head].Count++;
        if (moved != 0)
            _heads.Items[moved].Count--;
    }
}
