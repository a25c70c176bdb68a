using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tests.PageAllocator;

namespace Pagewise.Kernel.Tests.AddressSpaces;

public sealed class VmaTreeTests : IDisposable
{
    private const ulong Top = 1 << 16;

    private readonly Guest _guest = Guest.Plain(64, new KernelVersion(6, 18));
    private readonly AddressSpaceArenas _spaces;
    private readonly VmaTree _tree;
    private readonly int _mm;

    /// <summary>The naive model: areas by start.</summary>
    private readonly SortedList<ulong, int> _areas = [];

    public VmaTreeTests()
    {
        _spaces = new AddressSpaceArenas(_guest.Caches);
        _tree = new VmaTree(_spaces);
        _mm = _spaces.MmSlab.Allocate();
    }

    public void Dispose()
    {
        _spaces.Dispose();
        _guest.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomInsertsRemovalsAndMovesKeepListTreeAndGapsRight(int seed)
    {
        Random random = new(seed);
        SpaceValidator validator = new(_spaces);
        for (int step = 0; step < 4000; step++)
        {
            int kind = random.Next(10);
            if (kind < 5)
                Insert(random);
            else if (kind < 8)
                Remove(random);
            else
                MoveEnds(random);
            if (step % 16 == 0)
                validator.ValidateTree(_mm);
            CompareLookups((ulong)random.Next((int)Top));
            CompareGaps(random);
        }

        validator.ValidateTree(_mm);
        while (_areas.Count > 0)
            Remove(random);
        _spaces.Mms[_mm].MmRb.ShouldBe(0);
        _spaces.Mms[_mm].Mmap.ShouldBe(0);
        _spaces.Vmas.Count.ShouldBe(0);
    }

    [Fact]
    public void AnEmptySpaceIsOneGap()
    {
        _tree.TryFindHighestGap(_mm, 16, 4096, 100, out ulong end, out int above).ShouldBeTrue();
        (end, above).ShouldBe((4096UL, 0));
        _tree.TryFindLowestGap(_mm, 16, 4096, 100, out ulong start, out above).ShouldBeTrue();
        (start, above).ShouldBe((16UL, 0));
        _tree.TryFindHighestGap(_mm, 16, 4096, 4081, out _, out _).ShouldBeFalse();
        _tree.TryFindLowestGap(_mm, 16, 4096, 4081, out _, out _).ShouldBeFalse();
        _tree.TryFindHighestGap(_mm, 4096, 16, 1, out _, out _).ShouldBeFalse();
    }

    private void Insert(Random random)
    {
        ulong start = (ulong)random.Next((int)Top - 64);
        ulong end = start + (ulong)random.Next(1, 64);
        foreach ((ulong otherStart, int other) in _areas)
        {
            if (otherStart < end && _spaces.Vmas[other].End > start)
                return;
        }

        int vma = _spaces.VmaSlab.Allocate();
        _spaces.Vmas[vma].Start = start;
        _spaces.Vmas[vma].End = end;
        _tree.Link(_mm, vma);
        _areas.Add(start, vma);
    }

    private void Remove(Random random)
    {
        if (_areas.Count == 0)
            return;
        int index = random.Next(_areas.Count);
        int vma = _areas.Values[index];
        _areas.RemoveAt(index);
        _tree.Unlink(vma);
        _spaces.VmaSlab.Free(vma);
    }

    private void MoveEnds(Random random)
    {
        if (_areas.Count == 0)
            return;
        int index = random.Next(_areas.Count);
        int vma = _areas.Values[index];
        ulong low = index > 0 ? _spaces.Vmas[_areas.Values[index - 1]].End : 0;
        ulong high = index + 1 < _areas.Count ? _areas.Keys[index + 1] : Top;
        ulong start = low + (ulong)random.Next((int)Math.Min(high - low, 64));
        ulong end = start + 1 + (ulong)random.Next((int)Math.Min(high - start, 64));
        _areas.RemoveAt(index);
        _tree.SetRange(vma, start, Math.Min(end, high), 0);
        _areas.Add(start, vma);
    }

    private void CompareLookups(ulong address)
    {
        int expected = 0;
        foreach (int vma in _areas.Values)
        {
            if (_spaces.Vmas[vma].End <= address)
                continue;
            expected = vma;
            break;
        }

        _tree.FindVma(_mm, address).ShouldBe(expected);
        _tree.Lookup(_mm, address).ShouldBe(expected != 0 && _spaces.Vmas[expected].Start <= address ? expected : 0);
    }

    private void CompareGaps(Random random)
    {
        ulong low = (ulong)random.Next((int)Top / 2);
        ulong high = low + (ulong)random.Next((int)Top / 2);
        ulong length = (ulong)random.Next(1, 200);
        List<(ulong Start, ulong End, int Above)> gaps = [];
        ulong at = 0;
        foreach ((ulong start, int vma) in _areas)
        {
            gaps.Add((at, start, vma));
            at = _spaces.Vmas[vma].End;
        }

        gaps.Add((at, ulong.MaxValue, 0));
        var fits = gaps
            .Select(gap => (Start: Math.Max(gap.Start, low), End: Math.Min(gap.End, high), gap.Above))
            .Where(gap => gap.End > gap.Start && gap.End - gap.Start >= length)
            .ToList();

        bool found = _tree.TryFindHighestGap(_mm, low, high, length, out ulong gapEnd, out int above);
        found.ShouldBe(fits.Count > 0);
        if (found)
            (gapEnd, above).ShouldBe((fits[^1].End, fits[^1].Above));
        found = _tree.TryFindLowestGap(_mm, low, high, length, out ulong gapStart, out above);
        found.ShouldBe(fits.Count > 0);
        if (found)
            (gapStart, above).ShouldBe((fits[0].Start, fits[0].Above));
    }
}
