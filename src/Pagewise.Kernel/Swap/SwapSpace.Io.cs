using Pagewise.Kernel.Block;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Swap;

/// <content>
/// Transfers (mm/page_io.c). Writes gather in a plug, as reclaim's do (blk_start_plug), so that consecutive slots become
/// one request (blk_add_rq_to_plug, 6.1). A page's bytes are copied when its write is submitted.
/// </content>
public sealed partial class SwapSpace
{
    private readonly SwapPlug[] _plugs;
    private int _plug;

    /// <summary>Writes a dirty page of the swap cache to its slot (swap_writepage), unless zswap takes it. It is under writeback until the device is done; a synchronous area is done at once.</summary>
    /// <param name="pfn">The page.</param>
    /// <returns>False: its cgroup keeps it from swap, and it stays dirty (AOP_WRITEPAGE_ACTIVATE).</returns>
    internal bool Write(uint pfn)
    {
        SwpEntry entry = EntryOf(pfn);
        ref PageFrame frame = ref _memMap[pfn];
        frame.Flags &= ~PageFlags.Dirty;
        if (_zswap is null)
        {
            WriteToArea(pfn, entry);
            return true;
        }

        if (_zswap.Store(entry, _memMap.Memory.Frame(pfn), (frame.Flags & PageFlags.HasData) != 0, _lru.Memcgs.ZswapPayer(pfn)))
            return true;
        if (!_lru.Memcgs.MayWriteBackZswap(frame.Memcg))
        {
            frame.Flags |= PageFlags.Dirty;
            return false;
        }

        WriteToArea(pfn, entry);
        return true;
    }

    /// <summary>__swap_writepage.</summary>
    private void WriteToArea(uint pfn, SwpEntry entry)
    {
        ref PageFrame frame = ref _memMap[pfn];
        _stat.PswpOut++;
        bool failed = !Store(entry, pfn, frame.Flags);
        if (IsSynchronous(entry))
        {
            _clock.CompressedPages++;
            if (failed)
                frame.Flags |= PageFlags.Dirty;
            return;
        }

        _clock.SwapTransfers++;
        if (failed)
            frame.Flags |= PageFlags.Error;
        frame.Flags |= PageFlags.Writeback;
        _stat.NrWriteback++;
        _lru.Memcgs.Count(frame.Memcg, MemcgStat.FileWriteback, 1);
        Plug(entry, isWrite: true);
    }

    /// <summary>Whoever runs now gathers transfers of its own (current->plug): one who lost the CPU keeps what it has gathered until it goes on.</summary>
    /// <param name="plug">0: the running task; N + 1: kswapd of node N.</param>
    /// <returns>Who did until now.</returns>
    internal int SetPlug(int plug)
    {
        int was = _plug;
        _plug = plug;
        return was;
    }

    /// <summary>Submits the transfers that were gathered (blk_finish_plug).</summary>
    internal void Unplug() => Unplug(_plugs[_plug]);

    private void Unplug(SwapPlug plug)
    {
        foreach (SwapIo transfer in plug.Take())
            Submit(transfer);
    }

    /// <summary>Waits until something has happened; if nothing will by itself, submits what others have gathered. False: there is nothing to wait for.</summary>
    private bool WaitForOthers()
    {
        if (_events.WaitForNext())
            return true;
        foreach (SwapPlug plug in _plugs)
            Unplug(plug);
        return _events.WaitForNext();
    }

    /// <summary>Ends the transfers that devices are done with by now.</summary>
    internal void CompleteDue() => _blocks.CompleteDue();

    /// <summary>Reads a page from its slot (swap_readpage). It is being read until the device is done; a synchronous area is done at once.</summary>
    internal void Read(uint pfn, SwpEntry entry)
    {
        if (_zswap is not null && _zswap.Has(entry))
        {
            ReadCompressed(pfn, entry);
            return;
        }

        _stat.PswpIn++;
        bool isSynchronous = IsSynchronous(entry);
        // psi_memstall_enter: a page of the working set is missed.
        bool stalls = isSynchronous && (_memMap[pfn].Flags & PageFlags.Workingset) != 0;
        if (stalls)
            _events.Psi.MemstallEnter();
        if (isSynchronous)
            _clock.DecompressedPages++;
        else
            _clock.SwapTransfers++;
        Load(entry, pfn);
        if (stalls)
            _events.Psi.MemstallLeave();
        if (isSynchronous)
            return;
        _memMap[pfn].Flags |= PageFlags.Reading;
        Plug(entry, isWrite: false);
    }

    /// <summary>Waits until a page that is being read has come (folio_lock).</summary>
    internal void WaitForRead(uint pfn)
    {
        Unplug();
        if ((_memMap[pfn].Flags & PageFlags.Reading) == 0)
            return;
        bool stalls = (_memMap[pfn].Flags & PageFlags.Workingset) != 0;
        if (stalls)
            _events.Psi.MemstallEnter();
        while ((_memMap[pfn].Flags & PageFlags.Reading) != 0 && _events.WaitForNext())
        {
        }

        if (stalls)
            _events.Psi.MemstallLeave();
    }

    /// <summary>Waits until a page has been written (folio_wait_writeback).</summary>
    internal void WaitForWrite(uint pfn)
    {
        Unplug();
        while ((_memMap[pfn].Flags & PageFlags.Writeback) != 0 && WaitForOthers())
        {
        }
    }

    /// <summary>A request is done: pages that were written may go (end_swap_bio_write, folio_end_writeback), pages that were read may be used.</summary>
    void IBlockCompletion.Complete(int argument)
    {
        SwapIo done = _transfers[argument];
        _transfers.Free(argument);
        for (uint i = 0; i < done.Count; i++)
        {
            uint pfn = Find(new SwpEntry(done.Type, done.Offset + i));
            ref PageFrame frame = ref _memMap[pfn];
            if (!done.IsWrite)
            {
                frame.Flags &= ~PageFlags.Reading;
                continue;
            }

            bool isReclaim = (frame.Flags & PageFlags.Reclaim) != 0;
            bool failed = (frame.Flags & PageFlags.Error) != 0;
            frame.Flags &= ~(PageFlags.Writeback | PageFlags.Reclaim | PageFlags.Error);
            _stat.NrWriteback--;
            _lru.Memcgs.Count(frame.Memcg, MemcgStat.FileWriteback, -1);
            // After an error it is dirty again, and stays (__end_swap_bio_write).
            if (failed)
                frame.Flags |= PageFlags.Dirty;
            else if (isReclaim)
                _lru.RotateReclaimable(pfn);
        }
    }

    private void Plug(SwpEntry entry, bool isWrite)
    {
        BlockDeviceSpec device = _blocks.SpecOf(_areas[entry.Type]!.Device);
        SwapPlug plug = _plugs[_plug];
        if (plug.Merge(entry, isWrite, (uint)Math.Min(device.MaxSectorsKb / 4, device.MaxSegments)))
            return;
        if (plug.IsFull)
            Unplug(plug);
        plug.Add(entry, isWrite);
    }

    private void Submit(SwapIo transfer)
    {
        int argument = _transfers.Allocate();
        if (argument == 0)
            throw new InvalidOperationException("2^20 swap transfers are under way: whoever starts them does not wait");
        _transfers[argument] = transfer;
        _blocks.Submit(_areas[transfer.Type]!.Device, transfer.IsWrite ? BlockOp.Write : BlockOp.Read, (ulong)transfer.Offset * BlockDevices.SectorsPerPage, transfer.Count, _completion, argument);
    }

    /// <summary>Copies what a slot holds without reading it as the machine would: for reports. False: it cannot be had.</summary>
    /// <param name="entry">The slot.</param>
    /// <param name="page">4096 bytes to fill.</param>
    public bool Peek(SwpEntry entry, Span<byte> page)
    {
        uint cached = Find(entry);
        SwapArea area = _areas[entry.Type]!;
        if (cached == 0 && _zswap is not null && _zswap.Peek(entry, page))
            return true;
        if (cached != 0 && (_memMap[cached].Flags & PageFlags.Reading) == 0)
            _memMap.Memory.Frame(cached).CopyTo(page);
        else if (area.Slots[entry.Offset].HasData)
            return area.Read(entry.Offset, page);
        else
            page.Clear();
        return true;
    }

    /// <summary>Copies a page to its slot; false: an I/O error.</summary>
    private bool Store(SwpEntry entry, uint pfn, PageFlags flags)
    {
        SwapArea area = _areas[entry.Type]!;
        ref SwapSlot slot = ref area.Slots[entry.Offset];
        slot.HasData = (flags & PageFlags.HasData) != 0;
        if (!area.Spec.IsSynchronous && _blocks.Fails(area.Device, BlockOp.Write, (ulong)entry.Offset * BlockDevices.SectorsPerPage, 1))
            return false;
        if (area.Compressed is { } compressed && !compressed.Store(entry.Offset, _memMap.Memory.Frame(pfn), slot.HasData, IsUnknown(pfn)))
            return false;
        return !slot.HasData || area.Write(entry.Offset, _memMap.Memory.Frame(pfn));
    }

    private bool IsUnknown(uint pfn) => UnknownContents != 0 && (_memMap[pfn].Flags & PageFlags.Anon) == 0 && _memMap[pfn].Mapping == UnknownContents;

    /// <summary>Copies a slot to a page, which is marked when that fails.</summary>
    private void Load(SwpEntry entry, uint pfn)
    {
        SwapArea area = _areas[entry.Type]!;
        if (!area.Spec.IsSynchronous && _blocks.Fails(area.Device, BlockOp.Read, (ulong)entry.Offset * BlockDevices.SectorsPerPage, 1))
            _memMap[pfn].Flags |= PageFlags.Error;
        else if (!area.Slots[entry.Offset].HasData)
            _memMap.Clear(pfn);
        else if (!area.Read(entry.Offset, _memMap.Write(pfn)))
            _memMap[pfn].Flags |= PageFlags.Error;
    }
}
