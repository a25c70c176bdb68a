using System.Runtime.InteropServices;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Swap;

/// <content>
/// Writing kept pages to swap: the worker that shrinks a full pool (shrink_worker), and since 6.8 a cgroup that is at its
/// memory.zswap.max. The lists of kept pages: one a cgroup since 6.8, before one for all.
/// </content>
internal sealed partial class Zswap
{
    private const int MostFailures = 16;

    private bool _isShrinking;
    private int _nextShrink;

    /// <summary>How an attempt to write back one page of a cgroup ended (shrink_memcg's 0, -EAGAIN, -ENOENT).</summary>
    private enum ShrinkResult
    {
        Written,
        Failed,
        NothingThere,
    }

    /// <inheritdoc/>
    void IZswapLists.Reparent(int memcg, int heir)
    {
        if (!_features.ZswapListsByCgroup)
            return;
        // The turn never rests on a cgroup that may vanish (zswap_memcg_offline_cleanup).
        if (_nextShrink == memcg)
            NextInTurn();
        if (memcg >= _byAge.Count)
            return;
        _ = ListAt(heir);
        Span<AgeList<ZswapEntry>> lists = CollectionsMarshal.AsSpan(_byAge);
        while (lists[memcg].Newest is not 0 and var entry)
        {
            lists[memcg].Remove(entry);
            lists[heir].AddOldest(entry);
        }
    }

    /// <summary>The worker's turn.</summary>
    void IAgent.Run(int argument)
    {
        _isShrinking = false;
        // Whose cgroup is gone, the worker's pays for.
        int current = _memcgs.Current;
        _memcgs.Current = MemCgroups.Root;
        if (_features.ZswapListsByCgroup)
            ShrinkInTurn();
        else
            ShrinkAll();
        _memcgs.Current = current;
    }

    private void ShrinkAll()
    {
        for (int failures = 0; failures < MostFailures && PoolFrames > 0;)
        {
            if (!Shrink())
                failures++;
            if (!_features.ZswapShrinksUntilItAccepts || PoolFrames <= AcceptPages)
                return;
        }
    }

    /// <summary>Compares what cgroups pay for with the entries. For tests.</summary>
    /// <exception cref="InvalidOperationException">They disagree; the message says where.</exception>
    public void Validate()
    {
        long[] bytes = new long[_memcgs.HighWater];
        long[] pages = new long[_memcgs.HighWater];
        long compressed = 0;
        for (int entry = 1; entry < _entries.HighWater; entry++)
        {
            if (!_bySlot.TryGetValue(_entries[entry].Slot.Packed, out int known) || known != entry)
                continue;
            compressed += _entries[entry].Length != 0 ? 1 : 0;
            for (int memcg = _entries[entry].Memcg; memcg > MemCgroups.Root; memcg = _memcgs.ParentOf(memcg))
            {
                bytes[memcg] += _entries[entry].Length;
                pages[memcg]++;
            }
        }

        for (int memcg = _memcgs.Next(0, 0); memcg != 0; memcg = _memcgs.Next(0, memcg))
        {
            (long counted, long stored) = (_memcgs.Stat(memcg, MemcgStat.ZswapBytes), _memcgs.Stat(memcg, MemcgStat.Zswapped));
            if (memcg != MemCgroups.Root && (counted, stored) != (bytes[memcg], pages[memcg]))
                throw new InvalidOperationException($"zswap keeps {pages[memcg]} pages of {_memcgs.PathOf(memcg)} in {bytes[memcg]} bytes, memory.stat says {stored} in {counted}");
        }

        long listed = 0;
        for (int list = 0; list < _byAge.Count; list++)
        {
            for (int entry = _byAge[list].Newest; entry != 0; entry = _entries[entry].Older, listed++)
            {
                if (ListIndexOf(_entries[entry].Memcg) != list)
                    throw new InvalidOperationException($"a page of cgroup {_entries[entry].Memcg} stands in zswap's list {list}");
            }
        }

        if (listed != compressed)
            throw new InvalidOperationException($"zswap's lists have {listed} pages, not those that it keeps");
    }

    private int ListIndexOf(int memcg) => _features.ZswapListsByCgroup ? _memcgs.ZswapListOf(memcg) : 0;

    private ref AgeList<ZswapEntry> ListOf(int memcg) => ref ListAt(ListIndexOf(memcg));

    private ref AgeList<ZswapEntry> ListAt(int index)
    {
        while (_byAge.Count <= index)
            _byAge.Add(new AgeList<ZswapEntry>(_entries));
        return ref CollectionsMarshal.AsSpan(_byAge)[index];
    }

    private void StartShrinking()
    {
        if (_isShrinking)
            return;
        _isShrinking = true;
        _events.Schedule(_clock.NowNs, _agent, 0);
    }

    /// <summary>
    /// Writes back a page of each cgroup in turn until the pool takes pages again. A failure is a round in which no cgroup
    /// had anything to write back, and a cgroup whose page could not be written; before 6.12 the end of each round, and one
    /// without pages, and one that must not write back ends it all.
    /// </summary>
    private void ShrinkInTurn()
    {
        bool passesOver = _features.ZswapPassesOverEmptyCgroups;
        int failures = 0;
        int attempts = 0;
        do
        {
            NextInTurn();
            if (_nextShrink == 0)
            {
                if ((attempts == 0 || !passesOver) && ++failures == MostFailures)
                    return;
                attempts = 0;
                continue;
            }

            if (!passesOver && !_memcgs.MayWriteBackZswap(_nextShrink))
                return;
            ShrinkResult result = ShrinkMemcg(_nextShrink);
            if (result == ShrinkResult.NothingThere && passesOver)
                continue;
            attempts++;
            if (result != ShrinkResult.Written && ++failures == MostFailures)
                return;
        }
        while (PoolFrames > AcceptPages);
    }

    private void NextInTurn()
    {
        do
            _nextShrink = _memcgs.Next(MemCgroups.Root, _nextShrink);
        while (_nextShrink != 0 && !_memcgs[_nextShrink].IsOnline);
    }

    /// <summary>Writes back the page of a cgroup that was kept longest (shrink_memcg).</summary>
    private ShrinkResult ShrinkMemcg(int memcg)
    {
        if (!_memcgs.MayWriteBackZswap(memcg) || !_memcgs[Math.Max(memcg, MemCgroups.Root)].IsOnline)
            return ShrinkResult.NothingThere;
        ref AgeList<ZswapEntry> list = ref ListOf(memcg);
        return list.Oldest == 0 ? ShrinkResult.NothingThere : ShrinkOldest(ref list) ? ShrinkResult.Written : ShrinkResult.Failed;
    }

    /// <summary>Writes back what was kept longest: a frame of zbud, or a page. zsmalloc's could not be before zswap had its own list.</summary>
    private bool Shrink()
    {
        if (!_features.ZswapHasOwnLru)
            return _zbud?.Reclaim(entry => _writeBack(_entries[entry].Slot)) ?? false;
        ref AgeList<ZswapEntry> list = ref ListAt(0);
        return list.Oldest != 0 && ShrinkOldest(ref list);
    }

    private bool ShrinkOldest(ref AgeList<ZswapEntry> list)
    {
        int oldest = list.Oldest;
        // What cannot be written now is tried again after all others.
        list.Remove(oldest);
        list.AddNewest(oldest);
        if (!_features.ZswapGivesSecondChance || !_entries[oldest].IsReferenced)
            return _writeBack(_entries[oldest].Slot);
        _entries[oldest].IsReferenced = false;
        return false;
    }
}
