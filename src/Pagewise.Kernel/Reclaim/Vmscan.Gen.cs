using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <content>
/// When the multi-generational LRU ages and how much it evicts (lru_gen_age_node, lru_gen_shrink_lruvec; mm/vmscan.c,
/// 6.1). Aging makes a new youngest generation and moves what page tables say was used into it; eviction takes pages of the
/// oldest: Vmscan.GenEvict.cs.
/// </content>
/// <remarks>Simplified: a walk is not preempted; it finds no address space locked.</remarks>
internal sealed partial class Vmscan
{
    /// <summary>Ages the generations of a node where they need it (lru_gen_age_node): kswapd's, before it evicts.</summary>
    private void AgeGens(int node, ref ScanControl sc)
    {
        sc.LastReclaimed = sc.NrReclaimed;
        // Eviction found enough without: no need to look.
        if (sc.SkipsAging)
        {
            sc.SkipsAging = false;
            return;
        }

        for (int memcg = _memcgs.Next(0, 0); memcg != 0; memcg = _memcgs.Next(0, memcg))
        {
            _memcgs.CalculateProtection(0, memcg);
            if (_memcgs.IsBelowMin(0, memcg))
                continue;
            int lruvec = _lru.LruvecOf(memcg, node);
            bool canSwap = GenSwappiness(memcg) != 0;
            if (ShouldRunAging(memcg, lruvec, canSwap, in sc, out _))
                _ = TryToIncMaxSeq(memcg, lruvec, canSwap, in sc);
        }
    }

    /// <summary>Who works for himself adds no pages for a fault (PF_MEMALLOC, kswapd).</summary>
    /// <returns>How it was before.</returns>
    public bool SetInFault(bool isInFault)
    {
        bool was = _lru.InFault;
        _lru.InFault = isInFault;
        return was;
    }

    /// <summary>Who gathers writes to swap from now on: 0 the running task, N + 1 kswapd of node N.</summary>
    /// <returns>Who did until now.</returns>
    public int SetPlug(int plug) => _swap.SetPlug(plug);

    /// <summary>The running task goes on after kswapd had the CPU: its address space is loaded (lru_gen_use_mm in context_switch).</summary>
    public void TaskGoesOn() => _spaces.LruGenMms?.UseCurrent();

    /// <summary>Begins a pass over a lruvec (the start of lru_gen_shrink_lruvec).</summary>
    private void StartGens(in ScanControl sc, ref LruvecScan scan)
    {
        _lru.Drain();
        scan.MaxSeq = _lru.Gen(scan.Lruvec).MaxSeq;
        scan.ReclaimedBefore = sc.NrReclaimed;
        // kswapd's walk keeps what the last aging knew of swap; a task has none until it ages.
        _rmap.HasGenWalk = sc.IsKswapd;
        _rmap.GenWalkCanSwap = sc.IsKswapd && _kswapdCanSwap[_lru.NodeOfLruvec(scan.Lruvec)];
    }

    /// <summary>One round: a batch of the oldest generation (the loop of lru_gen_shrink_lruvec).</summary>
    /// <returns>False when the pass is over.</returns>
    private bool RoundGens(ref ScanControl sc, ref LruvecScan scan)
    {
        int swappiness = GenSwappiness(scan.Memcg);
        if (!sc.MaySwap)
            swappiness = !sc.IsCgroupReclaim && swappiness != 0 ? 1 : 0;
        long toScan = GenPagesToScan(in sc, ref scan, swappiness != 0);
        if (toScan == 0)
        {
            scan.IsAborted = true;
            return false;
        }

        long scanned = EvictFolios(scan.Lruvec, ref sc, swappiness, ref scan.NeedsSwapping);
        if (scanned == 0)
        {
            scan.IsAborted = true;
            return false;
        }

        scan.NrScanned += scanned;
        return scan.NrScanned < toScan && !ShouldAbort(ref sc, in scan);
    }

    /// <summary>Ends a pass: when enough was found without aging, kswapd need not look next time.</summary>
    private void EndGens(ref ScanControl sc, in LruvecScan scan)
    {
        if (!scan.IsAborted && sc.NrReclaimed - scan.ReclaimedBefore >= LruGen.MinBatch && !scan.NeedsAging)
            sc.SkipsAging = true;
        _rmap.HasGenWalk = false;
    }

    /// <summary>What swappiness comes to (get_swappiness): 0 when hardly any swap is left.</summary>
    private int GenSwappiness(int memcg) => _memcgs.SwapPagesLeft(memcg, _stat.NrSwapPages) < LruGen.MinBatch ? 0 : Swappiness;

    /// <summary>
    /// Whether a new generation is due (should_run_aging), and how many pages may be scanned: three generations are ideal,
    /// with no more than half of all pages in the youngest and at least a quarter in the oldest.
    /// </summary>
    private bool ShouldRunAging(int memcg, int lruvec, bool canSwap, in ScanControl sc, out long toScan)
    {
        ref LruGen gen = ref _lru.Gen(lruvec);
        long old = 0;
        long young = 0;
        long total = 0;
        int first = canSwap ? LruGen.Anon : LruGen.File;
        for (int type = first; type < LruGen.Types; type++)
        {
            for (ulong seq = gen.MinSeq[type]; seq <= gen.MaxSeq; seq++)
            {
                long size = gen.Pages(LruGen.FromSeq(seq), type);
                total += size;
                if (seq == gen.MaxSeq)
                    young += size;
                else if (seq + LruGen.MinGens == gen.MaxSeq)
                    old += size;
            }
        }

        toScan = _memcgs[memcg].IsOnline ? total >> sc.Priority : total;
        ulong oldest = gen.MinSeq[first] + LruGen.MinGens;
        if (oldest != gen.MaxSeq)
            return oldest > gen.MaxSeq;
        return young * LruGen.MinGens > total || old * (LruGen.MinGens + 2) < total;
    }

    /// <summary>How many pages a pass may scan (get_nr_to_scan): a task ages where it must, at the first priority no one does.</summary>
    private long GenPagesToScan(in ScanControl sc, ref LruvecScan scan, bool canSwap)
    {
        ref LruGen gen = ref _lru.Gen(scan.Lruvec);
        ulong oldest = gen.MinSeq[canSwap ? LruGen.Anon : LruGen.File];
        ulong youngest = gen.MaxSeq;
        scan.NeedsAging = ShouldRunAging(scan.Memcg, scan.Lruvec, canSwap, in sc, out long toScan);
        if (!scan.NeedsAging)
            return toScan;
        if (sc.Priority != ScanControl.DefaultPriority)
        {
            if (sc.IsKswapd)
                return 0;
            if (TryToIncMaxSeq(scan.Memcg, scan.Lruvec, canSwap, in sc))
                return toScan;
        }

        return oldest + LruGen.MinGens <= youngest ? toScan : 0;
    }

    /// <summary>Walks the page tables of a cgroup and makes a new generation (try_to_inc_max_seq).</summary>
    /// <returns>Whether there is one.</returns>
    private bool TryToIncMaxSeq(int memcg, int lruvec, bool canSwap, in ScanControl sc)
    {
        ref LruGen gen = ref _lru.Gen(lruvec);
        if (gen.MaxSeq <= gen.MmSeq)
            return false;
        if ((_lru.GenCaps & LruGenCaps.MmWalk) != 0)
            WalkSpaces(memcg, lruvec, canSwap, in sc);
        gen.MmSeq++;
        _lru.IncMaxSeq(lruvec, canSwap);
        return true;
    }

    /// <summary>The address spaces of a cgroup that are worth it, in their order (iterate_mm_list): those that ran since the last walk; all of the tables of those that are new.</summary>
    private void WalkSpaces(int memcg, int lruvec, bool canSwap, in ScanControl sc)
    {
        int node = _lru.NodeOfLruvec(lruvec);
        if (sc.IsKswapd)
            _kswapdCanSwap[node] = canSwap;
        else
            _rmap.HasGenWalk = true;
        _rmap.GenWalkCanSwap = canSwap;
        ref LruGen gen = ref _lru.Gen(lruvec);
        var walk = new GenWalk { Lruvec = lruvec, MaxSeq = gen.MaxSeq, CanSwap = canSwap };
        bool isFirst = true;
        MmList list = _spaces.LruGenMms!;
        // Whoever waited since has got the CPU anew.
        if (_walkedAtWaitedNs != _clock.WaitedNs)
            list.UseCurrent();
        _walkedAtWaitedNs = _clock.WaitedNs;
        if (gen.MmTail == 0 && list.First(memcg) != 0)
            gen.MmTail = list.First(memcg);
        for (int mm = list.First(memcg), next; mm != 0; mm = next)
        {
            ref MmStruct space = ref _spaces.Mms[mm];
            next = space.LruGenNext;
            if (gen.MmTail == mm)
            {
                gen.MmTail = next != 0 ? next : MmList.End;
                walk.ForceScan = true;
            }

            if (!IsWorthAWalk(ref space, node, in walk))
                continue;
            if (isFirst)
                _lru.GenFilters!.Reset(lruvec, ref gen, walk.MaxSeq + 1);
            isFirst = false;
            _rmap.Age(mm, in walk);
        }
    }

    /// <summary>Whether an address space ran since its last walk and has pages to look at (should_skip_mm).</summary>
    private static bool IsWorthAWalk(ref MmStruct space, int node, in GenWalk walk)
    {
        ulong bit = 1UL << (node % 64);
        if (!walk.ForceScan && (space.LruGenBitmap & bit) == 0)
            return false;
        space.LruGenBitmap &= ~bit;
        long pages = space.Rss.FilePages + (walk.CanSwap ? space.Rss.AnonPages + space.Rss.ShmemPages : 0);
        return pages >= LruGen.MinBatch;
    }

    /// <summary>Whether a pass ends early (should_abort_scan): a generation went by, enough was swapped, or the zones have what they need.</summary>
    private bool ShouldAbort(ref ScanControl sc, in LruvecScan scan)
    {
        if (sc.IsKswapd)
        {
            if (sc.NrReclaimed - sc.LastReclaimed < sc.NrToReclaim)
                return false;
        }
        else
        {
            if (_lru.Gen(scan.Lruvec).MaxSeq - scan.MaxSeq > 1)
                return true;
            if (sc.NrReclaimed >= sc.NrToReclaim && scan.NeedsSwapping)
                return true;
            if (sc.IsCgroupReclaim)
                return false;
        }

        if (sc.Priority > ScanControl.DefaultPriority - 2)
            return false;
        int node = _lru.NodeOfLruvec(scan.Lruvec);
        for (ZoneType type = ZoneType.Dma; type <= sc.ReclaimIdx; type++)
        {
            ref Zone zone = ref _zones[ZoneTable.Index(node, type)];
            if (zone.ManagedPages != 0 && zone.MarkPages(sc.IsKswapd ? Watermark.High : Watermark.Low) > zone.FreePages)
                return false;
        }

        sc.NrReclaimed += LruGen.MinBatch;
        return true;
    }
}
