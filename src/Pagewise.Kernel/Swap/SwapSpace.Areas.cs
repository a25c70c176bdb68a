using Pagewise.Kernel.Block;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <content>Areas come and go (swapon, swapoff; mm/swapfile.c, 6.1). What pages of one that goes were in it, its callers bring back.</content>
/// <remarks>Simplified: the maps of an area take no frames, its header is not read from the device.</remarks>
public sealed partial class SwapSpace
{
    private readonly SortedDictionary<string, SwapAreaSpec> _known = new(StringComparer.Ordinal);
    private readonly List<int> _active = [];
    private readonly List<int> _available = [];
    private int _leastPriority = -1;
    private int _rotating;

    /// <summary>The numbers of the areas in use, in their order: /proc/swaps.</summary>
    public IReadOnlyList<int> Types => [.. Enumerable.Range(0, _areas.Length).Where(type => _areas[type] is not null)];

    /// <summary>Slots of areas that are being emptied and not free yet (nr_to_be_unused): a part of SwapTotal still.</summary>
    public long PagesToBeUnused
    {
        get
        {
            long pages = 0;
            foreach (SwapArea? area in _areas)
                pages += area is { IsWritable: false } ? area.InUsePages : 0;
            return pages;
        }
    }

    /// <summary>An area as it was switched on, with the priority it has now.</summary>
    /// <param name="type">Its number.</param>
    public SwapAreaSpec SpecOf(int type) => _areas[type]!.Spec with { Priority = _areas[type]!.Priority };

    /// <summary>Slots of an area in use (inuse_pages), those in CPUs' stocks included.</summary>
    /// <param name="type">Its number.</param>
    public long UsedPagesOf(int type) => _areas[type]!.InUsePages;

    /// <summary>The number of the area of a name; −1: none of that name is on.</summary>
    internal int TypeOf(string name) => Array.FindIndex(_areas, area => area?.Spec.Name == name);

    /// <summary>An area that is there but not on; null: there is none of that name.</summary>
    internal SwapAreaSpec? FindKnown(string name) => _known.GetValueOrDefault(name);

    /// <summary>The block device that files lie on.</summary>
    internal string FileDevice => _blocks.SpecOf(0).Name;

    /// <summary>Switches an area on (enable_swap_info): it is filled once no other with free slots has a higher priority. Its number is the lowest that is free.</summary>
    /// <returns>False: there are as many areas as there can be.</returns>
    internal bool SwapOn(SwapAreaSpec spec)
    {
        int type = Array.IndexOf(_areas, null);
        if (type < 0)
            return false;
        if (_entryOf.Length < _memMap.Count)
        {
            _entryOf.Dispose();
            _entryOf = new NativeArray<ulong>(_memMap.Count);
            _entryOf.PreferLargePages();
        }

        _known.Remove(spec.Name);
        _areas[type] = new SwapArea(spec, DeviceOf(spec, _blocks), _allocator);
        HasAreas = true;
        if (IsRotating(_areas[type]!))
            _rotating++;
        Enable(type);
        return true;
    }

    /// <summary>Takes an area from those that are written to, before its pages are brought back. CPUs give up their stocks until that is done.</summary>
    internal void BeginSwapOff(int type)
    {
        SwapArea area = _areas[type]!;
        _available.Remove(type);
        int place = _active.IndexOf(type);
        if (area.Priority < 0)
        {
            for (int after = place + 1; after < _active.Count; after++)
                _areas[_active[after]]!.Priority++;
            _leastPriority++;
        }

        _active.RemoveAt(place);
        area.IsWritable = false;
        CountPages(-(long)area.Pages);
        _stocksLocked = true;
        _stocksActive = false;
        DrainStocks();
    }

    /// <summary>The pages could not all be brought back: the area is on again (reinsert_swap_info).</summary>
    internal void CancelSwapOff(int type)
    {
        _stocksLocked = false;
        Enable(type);
    }

    /// <summary>No slot of the area is in use any more: it goes, and may be switched on again.</summary>
    internal void FinishSwapOff(int type)
    {
        SwapArea area = _areas[type]!;
        if (area.InUsePages != 0)
            throw new InvalidOperationException($"{area.InUsePages} slots of swap area {type} are in use, and it is switched off");
        _stocksLocked = false;
        _known[area.Spec.Name] = area.Spec;
        if (IsRotating(area))
            _rotating--;
        _areas[type] = null;
        area.Dispose();
        HasAreas = Array.Exists(_areas, one => one is not null);
    }

    /// <summary>Pages of an area that only the swap cache holds leave it, when transfers of them are done (the last part of try_to_unuse).</summary>
    internal void UnuseCache(int type)
    {
        SwapArea area = _areas[type]!;
        for (uint offset = 1; offset <= area.Pages && area.InUsePages > 0; offset++)
        {
            var entry = new SwpEntry(type, offset);
            uint pfn = Find(entry);
            if (pfn == 0)
                continue;
            _memMap[pfn].RefCount++;
            WaitForRead(pfn);
            WaitForWrite(pfn);
            _ = TryFree(pfn);
            _lru.Put(pfn);
        }
    }

    /// <summary>Whether an area lies on a disk that turns (nr_rotate_swap); zram never does.</summary>
    private bool IsRotating(SwapArea area) => !area.Spec.IsSynchronous && _blocks.SpecOf(area.Device).IsRotational;

    private void Enable(int type)
    {
        SwapArea area = _areas[type]!;
        if (area.Priority < 0)
            area.Priority = --_leastPriority;
        area.IsWritable = true;
        CountPages(area.Pages);
        AddByPriority(_active, type);
        if (area.InUsePages < area.Pages)
            AddByPriority(_available, type);
    }

    private void CountPages(long pages)
    {
        _stat.NrSwapPages += pages;
        _stat.TotalSwapPages += pages;
        _settings.TotalSwapPages = (ulong)_stat.TotalSwapPages;
    }

    /// <summary>plist_add: behind those of the same priority.</summary>
    private void AddByPriority(List<int> list, int type)
    {
        int place = list.Count;
        while (place > 0 && _areas[list[place - 1]]!.Priority < _areas[type]!.Priority)
            place--;
        list.Insert(place, type);
    }

    private static int DeviceOf(SwapAreaSpec spec, BlockDevices blocks)
    {
        for (int device = 0; device < blocks.Count; device++)
        {
            if (blocks.SpecOf(device).Name == spec.Device)
                return device;
        }

        return blocks.Count - 1;
    }
}
