using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Slab;

/// <content>
/// Slabs. The head frame's MapCount is the number of objects in use; Index holds the slab's own free list (an object's
/// number from 1), how many objects were ever handed out, how many there are, its order, and whether a CPU has it;
/// Mapping is the cache's number.
/// </content>
public sealed partial class KmemCache
{
    private const int NumberBits = 16;
    private const uint NumberMask = 0xffff;
    private const int UsedShift = 16;
    private const int ObjectsShift = 32;
    private const int ObjectsMask = 0x7fff;
    private const int OrderShift = 47;
    private const ulong Frozen = 1UL << 51;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Handle(uint slab, uint number) => ((ulong)slab << NumberBits) | number;

    /// <summary>The link in a free object.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref uint Link(uint slab, uint number) => ref _memory.U32(((ulong)slab << Pfn.Shift) + ((number - 1) * _size));

    private int ObjectsOf(uint slab) => (int)(_memMap[slab].Index >> ObjectsShift) & ObjectsMask;

    private static uint FreeOf(in PageFrame frame) => (uint)frame.Index & NumberMask;

    private static uint UsedOf(in PageFrame frame) => (uint)(frame.Index >> UsedShift) & NumberMask;

    private static void SetFree(ref PageFrame frame, uint number) => frame.Index = (frame.Index & ~(ulong)NumberMask) | number;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong AllocateSlow(ref CpuSlab cpu, Gfp gfp)
    {
        while (true)
        {
            if (cpu.Slab != 0)
            {
                ref PageFrame frame = ref _memMap[cpu.Slab];
                uint used = UsedOf(in frame);
                if (used < ObjectsOf(cpu.Slab))
                {
                    frame.Index += 1UL << UsedShift;
                    frame.MapCount++;
                    InUse++;
                    return Handle(cpu.Slab, used + 1);
                }

                uint number = FreeOf(in frame);
                if (number != 0)
                {
                    // What other CPUs freed is this CPU's now (get_freelist).
                    SetFree(ref frame, 0);
                    cpu.Free = Link(cpu.Slab, number);
                    frame.MapCount++;
                    InUse++;
                    return Handle(cpu.Slab, number);
                }

                frame.Index &= ~Frozen;
                cpu.Slab = 0;
            }

            if (!TakePartial(ref cpu))
            {
                uint slab = NewSlab(gfp);
                if (slab == 0)
                    return 0;
                // Reclaim on the way may have taken objects too, and given this CPU a slab (retry_load_slab).
                Deactivate(ref cpu);
                _memMap[slab].Index |= Frozen;
                cpu.Slab = slab;
            }
        }
    }

    /// <summary>A slab of the CPU's or the node's partial ones becomes the CPU's (slub_percpu_partial, get_partial_node).</summary>
    private bool TakePartial(ref CpuSlab cpu)
    {
        uint slab = cpu.Partial;
        if (slab != 0)
        {
            cpu.Partial = _memMap[slab].Next;
            cpu.PartialSlabs--;
            _memMap[slab].Next = 0;
            cpu.Slab = slab;
            return true;
        }

        ref PartialList node = ref _nodes[_pages.Zones.NodeOfCpu(_pages.CurrentCpu)];
        slab = node.First;
        if (slab == 0)
            return false;
        RemovePartial(ref node, slab);
        _memMap[slab].Index |= Frozen;
        cpu.Slab = slab;
        for (int kept = 0; node.First != 0 && kept <= Layout.CpuPartialSlabs / 2; kept++)
        {
            uint next = node.First;
            RemovePartial(ref node, next);
            Keep(ref cpu, next);
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeSlow(ref CpuSlab cpu, uint slab, ref PageFrame frame, uint number)
    {
        bool wasFull = frame.MapCount + 1 == ObjectsOf(slab);
        Link(slab, number) = FreeOf(in frame);
        SetFree(ref frame, number);
        if ((frame.Index & Frozen) != 0)
            return;
        if (wasFull)
        {
            // Nobody had it: the CPU that frees keeps it, and gives its older ones to their nodes when they are many (put_cpu_partial).
            if (cpu.PartialSlabs >= Layout.CpuPartialSlabs)
                UnfreezePartials(ref cpu);
            Keep(ref cpu, slab);
            return;
        }

        ref PartialList node = ref NodeOf(slab);
        if (frame.MapCount != 0 || node.Count < Layout.MinPartial)
            return;
        RemovePartial(ref node, slab);
        Discard(slab);
    }

    private void Keep(ref CpuSlab cpu, uint slab)
    {
        _memMap[slab].Index |= Frozen;
        _memMap[slab].Next = cpu.Partial;
        cpu.Partial = slab;
        cpu.PartialSlabs++;
    }

    /// <summary>The CPU lets its slab go (deactivate_slab).</summary>
    private void Deactivate(ref CpuSlab cpu)
    {
        uint slab = cpu.Slab;
        if (slab == 0)
            return;
        ref PageFrame frame = ref _memMap[slab];
        while (cpu.Free != 0)
        {
            uint number = cpu.Free;
            cpu.Free = Link(slab, number);
            Link(slab, number) = FreeOf(in frame);
            SetFree(ref frame, number);
        }

        cpu.Slab = 0;
        Unfreeze(slab);
    }

    private void UnfreezePartials(ref CpuSlab cpu)
    {
        for (uint slab = cpu.Partial, next; slab != 0; slab = next)
        {
            next = _memMap[slab].Next;
            _memMap[slab].Next = 0;
            Unfreeze(slab);
        }

        cpu.Partial = 0;
        cpu.PartialSlabs = 0;
    }

    private void Unfreeze(uint slab)
    {
        ref PageFrame frame = ref _memMap[slab];
        frame.Index &= ~Frozen;
        ref PartialList node = ref NodeOf(slab);
        if (frame.MapCount == 0 && node.Count >= Layout.MinPartial)
            Discard(slab);
        else if (frame.MapCount < ObjectsOf(slab))
            AddPartial(ref node, slab);
    }

    private ref PartialList NodeOf(uint slab) => ref _nodes[_pages.Zones[_pages.ZoneOf(slab)].Node];

    private void AddPartial(ref PartialList node, uint slab)
    {
        _memMap[slab].Prev = node.Last;
        _memMap[slab].Next = 0;
        (node.Last != 0 ? ref _memMap[node.Last].Next : ref node.First) = slab;
        node.Last = slab;
        node.Count++;
    }

    private void RemovePartial(ref PartialList node, uint slab)
    {
        ref PageFrame frame = ref _memMap[slab];
        (frame.Prev != 0 ? ref _memMap[frame.Prev].Next : ref node.First) = frame.Next;
        (frame.Next != 0 ? ref _memMap[frame.Next].Prev : ref node.Last) = frame.Prev;
        frame.Next = 0;
        frame.Prev = 0;
        node.Count--;
    }

    /// <summary>allocate_slab: of the wanted order without much effort, else of the least one.</summary>
    private uint NewSlab(Gfp gfp)
    {
        gfp = (gfp & ~Gfp.Zero) | Flags;
        int order = Layout.Order;
        Gfp easy = (gfp | Gfp.NoWarn | Gfp.NoRetry | (order > 0 ? Gfp.Comp : 0)) & ~Gfp.NoFail;
        if ((gfp & Gfp.DirectReclaim) != 0 && order > Layout.MinOrder)
            easy = (easy | Gfp.NoMemAlloc) & ~Gfp.Reclaim;
        uint slab = _pages.AllocPages(easy, order);
        if (slab == 0)
        {
            order = Layout.MinOrder;
            slab = _pages.AllocPages(gfp | (order > 0 ? Gfp.Comp : 0), order);
            if (slab == 0)
                return 0;
        }

        int objects = SlabLayout.ObjectsOf(order, Layout.Size);
        for (uint pfn = slab; pfn < slab + (1u << order); pfn++)
            _memMap[pfn].Flags |= PageFlags.Slab | PageFlags.HasData;
        _memMap[slab].Index = ((ulong)objects << ObjectsShift) | ((ulong)order << OrderShift);
        _memMap[slab].Mapping = _number;
        Slabs++;
        Objects += objects;
        CountPages(1L << order);
        return slab;
    }

    /// <summary>discard_slab.</summary>
    private void Discard(uint slab)
    {
        int order = (int)(_memMap[slab].Index >> OrderShift) & 0xf;
        Slabs--;
        Objects -= ObjectsOf(slab);
        CountPages(-(1L << order));
        _stat.ReclaimedSlab += 1L << order;
        for (uint pfn = slab; pfn < slab + (1u << order); pfn++)
            _memMap[pfn].Flags &= ~PageFlags.Slab;
        _memMap[slab].MapCount = 0;
        _memMap[slab].Mapping = 0;
        _pages.FreePages(slab, order);
    }

    /// <summary>account_slab, unaccount_slab.</summary>
    private void CountPages(long pages)
    {
        Pages += pages;
        if (IsReclaimable)
            _stat.NrSlabReclaimable += pages;
        else
            _stat.NrSlabUnreclaimable += pages;
    }
}
