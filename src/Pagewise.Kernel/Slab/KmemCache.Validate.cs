using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.Slab;

/// <content>A walker for tests.</content>
public sealed partial class KmemCache
{
    /// <summary>Checks every list and count against the objects that are in use.</summary>
    /// <param name="inUse">All objects that are in use.</param>
    /// <exception cref="InvalidOperationException">Something is inconsistent; the message says what and where.</exception>
    public void Validate(IReadOnlyCollection<ulong> inUse)
    {
        var taken = new SortedDictionary<uint, HashSet<uint>>();
        foreach (ulong item in inUse)
        {
            uint slab = (uint)(item >> NumberBits);
            if (!taken.TryGetValue(slab, out HashSet<uint>? numbers))
                taken.Add(slab, numbers = []);
            Require(numbers.Add((uint)item & NumberMask), $"object {item:x} is in use twice");
        }

        Require(InUse == inUse.Count, $"{inUse.Count} objects are in use, the count says {InUse}");
        var seen = new HashSet<uint>();
        for (int index = 0; index < _pages.Zones.CpuCount; index++)
        {
            ref CpuSlab cpu = ref _cpus[index];
            if (cpu.Slab != 0)
                Check(cpu.Slab, cpu.Free, isFrozen: true, taken, seen);
            int partial = 0;
            for (uint slab = cpu.Partial; slab != 0; slab = _memMap[slab].Next, partial++)
                Check(slab, 0, isFrozen: true, taken, seen);
            Require(partial == cpu.PartialSlabs, $"CPU {index} keeps {partial} partial slabs, the count says {cpu.PartialSlabs}");
        }

        for (int node = 0; node < _pages.Zones.NodeCount; node++)
        {
            int count = 0;
            uint previous = 0;
            for (uint slab = _nodes[node].First; slab != 0; slab = _memMap[slab].Next, count++)
            {
                Require(_memMap[slab].Prev == previous, $"slab {slab:x} links back to {_memMap[slab].Prev:x}, not {previous:x}");
                Check(slab, 0, isFrozen: false, taken, seen);
                previous = slab;
            }

            Require(count == _nodes[node].Count && _nodes[node].Last == previous, $"node {node} has {count} partial slabs, the count says {_nodes[node].Count}");
        }

        // Full slabs stand in no list.
        foreach ((uint slab, HashSet<uint> numbers) in taken)
        {
            if (!seen.Contains(slab))
                Require(numbers.Count == ObjectsOf(slab) && (_memMap[slab].Index & Frozen) == 0 && seen.Add(slab), $"slab {slab:x} has {numbers.Count} objects in use and stands in no list");
        }

        Require(seen.Count == Slabs, $"{seen.Count} slabs, the count says {Slabs}");
    }

    private void Check(uint slab, uint cpuFree, bool isFrozen, SortedDictionary<uint, HashSet<uint>> taken, HashSet<uint> seen)
    {
        ref PageFrame frame = ref _memMap[slab];
        Require(seen.Add(slab), $"slab {slab:x} is in two lists");
        Require((frame.Flags & PageFlags.Slab) != 0 && frame.Mapping == _number && (frame.Index & Frozen) != 0 == isFrozen, $"slab {slab:x} has the wrong state {frame.Flags}, {frame.Index:x}");
        HashSet<uint> used = taken.GetValueOrDefault(slab) ?? [];
        Require(frame.MapCount == used.Count, $"{used.Count} objects of slab {slab:x} are in use, its count says {frame.MapCount}");
        var free = new HashSet<uint>();
        foreach (uint first in (ReadOnlySpan<uint>)[cpuFree, FreeOf(in frame)])
        {
            for (uint number = first; number != 0; number = Link(slab, number))
                Require(free.Add(number) && !used.Contains(number), $"object {number} of slab {slab:x} is free twice, or in use");
        }

        int fresh = ObjectsOf(slab) - (int)UsedOf(in frame);
        Require(free.Count + fresh + used.Count == ObjectsOf(slab), $"slab {slab:x}: {free.Count} free, {fresh} fresh and {used.Count} used objects do not make {ObjectsOf(slab)}");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new InvalidOperationException(message);
    }
}
