using System.Runtime.InteropServices;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <summary>
/// zswap (mm/zswap.c): pages on their way to swap are kept compressed in memory, in a pool that takes frames from the
/// machine, and are written to their slot only when the pool is full. What the releases do differently, <see cref="MmFeatures"/> says.
/// </summary>
/// <remarks>
/// Simplified: the records of entries take no memory; the worker that shrinks the pool does not reclaim for the pages it needs;
/// lists are by cgroup, not by node. The bytes are kept here, only their compressed length counts.
/// </remarks>
internal sealed partial class Zswap : IAgent, IZswapLists, IDisposable
{
    private const int MostPages = 1 << 24;
    private const int ZbudHeaderBytes = 8;

    private readonly ZswapSettings _settings;
    private readonly MmFeatures _features;
    private readonly VmStat _stat;
    private readonly Clock _clock;
    private readonly EventQueue _events;
    private readonly Func<SwpEntry, bool> _writeBack;
    private readonly MemCgroups _memcgs;
    private readonly long _ramPages;
    private readonly int _agent;
    private readonly ZbudPool? _zbud;
    private readonly ZsPool? _zsmalloc;
    private readonly Arena<ZswapEntry> _entries = new(MostPages);
    private readonly NativeRange _bytes = new((ulong)MostPages << Pfn.Shift);
    private readonly Dictionary<ulong, int> _bySlot = [];
    private readonly byte[] _zeroes = new byte[Pfn.SizeBytes];
    private readonly List<AgeList<ZswapEntry>> _byAge = [];
    private bool _reachedFull;

    /// <summary>An empty pool.</summary>
    /// <param name="settings">The parameters.</param>
    /// <param name="vm">What the release does, and how much memory there is.</param>
    /// <param name="allocator">Who hands frames out.</param>
    /// <param name="memcgs">Who pays.</param>
    /// <param name="stat">Counters.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="events">Where the worker is scheduled that shrinks the pool.</param>
    /// <param name="writeBack">Writes the page of a slot to its area, and has it invalidated here; false: it cannot now.</param>
    public Zswap(ZswapSettings settings, VmSettings vm, BuddyAllocator allocator, MemCgroups memcgs, VmStat stat, Clock clock, EventQueue events, Func<SwpEntry, bool> writeBack)
    {
        _settings = settings;
        _memcgs = memcgs;
        memcgs.Zswap = this;
        _features = vm.Features;
        _ramPages = (long)vm.TotalRamPages;
        _stat = stat;
        _clock = clock;
        _events = events;
        _writeBack = writeBack;
        _agent = events.Register(this);
        if (settings.IsZsmalloc || !_features.HasZbud)
            _zsmalloc = new ZsPool(allocator);
        else
            _zbud = new ZbudPool(allocator);
    }

    /// <summary>Frames of the pool (zswap_pool_total_size; Zswap of /proc/meminfo).</summary>
    public long PoolFrames => _zbud?.Frames ?? _zsmalloc!.Frames;

    /// <summary>Those of them that are zsmalloc's (nr_zspages).</summary>
    public long Zspages => _zsmalloc?.Frames ?? 0;

    /// <summary>Pages kept (zswap_stored_pages; Zswapped of /proc/meminfo).</summary>
    public long StoredPages => _entries.Count;

    /// <summary>Keeps a page in place of what its slot had (zswap_frontswap_store, zswap_store).</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="page">The bytes.</param>
    /// <param name="hasData">Whether they may be other than zero.</param>
    /// <param name="memcg">Who pays; 0: nobody.</param>
    /// <returns>False: it has to be written.</returns>
    public bool Store(SwpEntry slot, ReadOnlySpan<byte> page, bool hasData, int memcg)
    {
        Invalidate(slot);
        // Since 6.8 a cgroup at its limit makes room for itself.
        if (!_memcgs.MayZswap(memcg) && !(_features.ZswapListsByCgroup && ShrinkMemcg(memcg) == ShrinkResult.Written))
            return false;
        if (IsClosed())
            return false;
        int entry = _entries.Allocate();
        if (entry == 0)
            return false;
        ref ZswapEntry stored = ref _entries[entry];
        stored.Slot = slot;
        stored.IsReferenced = true;
        stored.Memcg = memcg;
        if (!hasData)
            page = _zeroes;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(page);
        if (_settings.KeepsSameFilled && words.IndexOfAnyExcept(words[0]) < 0)
        {
            stored.Value = words[0];
        }
        else
        {
            stored.Length = LzoRle.LengthOf(page, _settings.IsRle);
            stored.Handle = AllocateHandle(ref stored, entry);
            if (stored.Handle <= 0)
            {
                _entries.Free(entry);
                return false;
            }

            page.CopyTo(Bytes(entry));
            ListOf(memcg).AddNewest(entry);
        }

        _memcgs.ChargeZswap(memcg, stored.Length);

        _bySlot[slot.Packed] = entry;
        _stat.ZswpOut++;
        _clock.CompressedPages++;
        return true;
    }

    /// <summary>Copies a kept page (zswap_frontswap_load, zswap_load). It stays kept; since 6.9 it does not if it is in the swap cache now.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="page">Where its bytes go.</param>
    /// <param name="isCached">Whether the page stands in the swap cache.</param>
    /// <returns>Whether it is kept no longer, so that it has to be written once more.</returns>
    public bool Load(SwpEntry slot, Span<byte> page, bool isCached)
    {
        _ = Peek(slot, page);
        _stat.ZswpIn++;
        _memcgs.Count(_entries[_bySlot[slot.Packed]].Memcg, MemcgStat.ZswpIn, 1);
        _clock.DecompressedPages++;
        if (!isCached || !_features.ZswapLoadsExclusively)
            return false;
        Invalidate(slot);
        return true;
    }

    /// <summary>Copies a kept page and counts nothing.</summary>
    public bool Peek(SwpEntry slot, Span<byte> page)
    {
        if (!_bySlot.TryGetValue(slot.Packed, out int entry))
            return false;
        if (_entries[entry].Length == 0)
            MemoryMarshal.Cast<byte, ulong>(page).Fill(_entries[entry].Value);
        else
            Bytes(entry).CopyTo(page);
        return true;
    }

    /// <summary>Whether a slot's page is kept.</summary>
    public bool Has(SwpEntry slot) => _bySlot.ContainsKey(slot.Packed);

    /// <summary>A slot is free, or its page is elsewhere (zswap_frontswap_invalidate_page, zswap_invalidate).</summary>
    public void Invalidate(SwpEntry slot)
    {
        if (!_bySlot.Remove(slot.Packed, out int entry))
            return;
        if (_entries[entry].Length != 0)
        {
            _zbud?.Free(_entries[entry].Handle);
            _zsmalloc?.Free(_entries[entry].Handle);
            ListOf(_entries[entry].Memcg).Remove(entry);
        }

        (int memcg, int length) = (_entries[entry].Memcg, _entries[entry].Length);
        _entries.Free(entry);
        _memcgs.UnchargeZswap(memcg, length);
    }

    /// <summary>A kept page is written to its slot, and so kept no longer (ZSWPWB).</summary>
    public void CountWrittenBack(SwpEntry slot)
    {
        _stat.ZswpWb++;
        _memcgs.Count(_entries[_bySlot[slot.Packed]].Memcg, MemcgStat.ZswpWb, 1);
    }

    /// <summary>Adds the pool's frames to a list, for walkers.</summary>
    public void CollectFrames(List<uint> into)
    {
        _zbud?.CollectFrames(into);
        if (_zsmalloc is null)
            return;
        List<int> kept = [];
        foreach (AgeList<ZswapEntry> list in _byAge)
        {
            for (int entry = list.Newest; entry != 0; entry = _entries[entry].Older)
                kept.Add(_entries[entry].Handle);
        }

        _zsmalloc.CollectFrames(into, kept);
    }

    public void Dispose()
    {
        _zbud?.Dispose();
        _zsmalloc?.Dispose();
        _entries.Dispose();
        _bytes.Dispose();
    }

    private long MostFrames => _ramPages * _settings.MaxPoolPercent / 100;

    private long AcceptPages => MostFrames * _settings.AcceptThresholdPercent / 100;

    /// <summary>Whether the pool takes nothing now: it is full, or was and has not shrunk enough (zswap_is_full, zswap_can_accept).</summary>
    private bool IsClosed()
    {
        if (PoolFrames > MostFrames)
        {
            _reachedFull = true;
            StartShrinking();
        }
        else if (_reachedFull)
        {
            _reachedFull = PoolFrames >= AcceptPages;
            if (_reachedFull && _features.ZswapShrinksUntilItAccepts)
                StartShrinking();
        }

        return _reachedFull;
    }

    private int AllocateHandle(ref ZswapEntry stored, int entry)
    {
        if (_zbud is not null)
            return _zbud.Allocate(stored.Length + ZbudHeaderBytes, entry);
        if (stored.Length > Pfn.SizeBytes)
        {
            if (!_features.ZswapKeepsIncompressible)
                return 0;
            stored.Length = Pfn.SizeBytes;
        }

        return _zsmalloc!.Allocate(stored.Length >= _zsmalloc.HugeBytes ? Pfn.SizeBytes : stored.Length);
    }

    private Span<byte> Bytes(int entry) => _bytes.Bytes((ulong)(uint)(entry - 1) << Pfn.Shift, Pfn.SizeBytes);
}
