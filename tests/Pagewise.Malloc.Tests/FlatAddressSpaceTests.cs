using Pagewise.Abi;
using Pagewise.Malloc.Flat;

namespace Pagewise.Malloc.Tests;

public class FlatAddressSpaceTests
{
    private const ulong Top = 0x7ffff7fff000;

    [Fact]
    public void MappingsArePlacedFromTheTopDownIntoTheHighestGapThatFits()
    {
        using var space = new FlatAddressSpace(FlatLayout.X8664);
        space.Mmap(0, 4096, MapFlags.Private).Address.ShouldBe(Top - 4096);
        space.Mmap(0, 8192, MapFlags.Private).Address.ShouldBe(Top - 12288);
        space.Mmap(0, 4096, MapFlags.Private).Address.ShouldBe(Top - 16384);
        space.Unmap(Top - 12288, 8192);

        space.Mmap(0, 12288, MapFlags.Private).Address.ShouldBe(Top - 16384 - 12288);
        space.Mmap(0, 4096, MapFlags.Private).Address.ShouldBe(Top - 8192);
    }

    [Fact]
    public void WholeMultiplesOfTwoMiBAreAligned()
    {
        using var space = new FlatAddressSpace(FlatLayout.X8664);
        _ = space.Mmap(0, 4096, MapFlags.Private);

        (space.Mmap(0, 4UL << 20, MapFlags.Private).Address & 0x1fffff).ShouldBe(0UL);
        (space.Mmap(0, (4UL << 20) + 4096, MapFlags.Private).Address & 0x1fffff).ShouldNotBe(0UL);
    }

    [Fact]
    public void UnmappedAndReturnedMemoryReadsAsZeroAgain()
    {
        using var space = new FlatAddressSpace(FlatLayout.X8664);
        ulong map = space.Mmap(0, 8192, MapFlags.Private).Address;
        space.Memory.WriteU64(map + 4096, 5);
        space.Unmap(map, 8192);
        space.Mmap(0, 8192, MapFlags.Private).Address.ShouldBe(map);
        space.Memory.ReadU64(map + 4096).ShouldBe(0UL);

        ulong start = space.Break;
        space.MoveBreak(start + 8192).ShouldBe(start + 8192);
        space.Memory.WriteU64(start + 4096, 5);
        space.MoveBreak(start + 4096).ShouldBe(start + 4096);
        space.MoveBreak(start + 8192).ShouldBe(start + 8192);
        space.Memory.ReadU64(start + 4096).ShouldBe(0UL);
    }

    [Fact]
    public void AMovedMappingTakesItsBytesAlong()
    {
        using var space = new FlatAddressSpace(FlatLayout.X8664);
        ulong above = space.Mmap(0, 4096, MapFlags.Private).Address;
        ulong map = space.Mmap(0, 1UL << 20, MapFlags.Private).Address;
        space.Memory.WriteU64(map + 0x80000, 77);

        ulong moved = space.Mremap(map, 1UL << 20, (1UL << 20) + 4096, mayMove: true).Address;

        moved.ShouldBe(above - ((1UL << 20) + 4096) - (1UL << 20));
        space.Memory.ReadU64(moved + 0x80000).ShouldBe(77UL);
        space.Memory.ReadU64(map + 0x80000).ShouldBe(0UL);
        space.Mremap(moved, (1UL << 20) + 4096, 1UL << 40, mayMove: false).Errno.ShouldBe(Errno.ENOMEM);
    }

    [Fact]
    public void TheBreakStopsAPageShortOfWhatIsInItsWay()
    {
        using var space = new FlatAddressSpace(FlatLayout.X8664);
        ulong start = space.Break;
        space.Occupy(start + 0x10000, 4096);

        space.MoveBreak(start + 0x10000).ShouldBe(start);
        space.MoveBreak(start + 0xf000).ShouldBe(start + 0xf000);
        space.MoveBreak(start - 1).ShouldBe(start + 0xf000);
    }

    [Fact]
    public void WhatWouldFallTogetherInTheFoldIsRefused()
    {
        using var space = new FlatAddressSpace(FlatLayout.X8664 with { FoldBits = 30 });
        ulong start = space.Break;
        space.MoveBreak(start + (2UL << 30)).ShouldBe(start);
        space.Mmap(0, 2UL << 30, MapFlags.Private).Errno.ShouldBe(Errno.ENOMEM);
        space.Mmap(0, 1UL << 47, MapFlags.Private).Errno.ShouldBe(Errno.ENOMEM);
        space.TryMapAt(12345, 4096).ShouldBeFalse();
    }

    [Fact]
    public void RandomCallsKeepMappingsApart()
    {
        using var space = new FlatAddressSpace(FlatLayout.X8664);
        var random = new Random(7);
        var pages = new HashSet<ulong>();
        var maps = new List<(ulong Start, ulong Length)>();
        for (int i = 0; i < 3000; i++)
        {
            if (maps.Count > 0 && random.Next(2) == 0)
            {
                int k = random.Next(maps.Count);
                (ulong start, ulong length) = maps[k];
                maps.RemoveAt(k);
                space.Unmap(start, length);
                for (ulong p = start; p < start + length; p += 4096)
                    pages.Remove(p).ShouldBeTrue();
            }
            else
            {
                ulong length = 4096 * (ulong)random.Next(1, 40);
                ulong start = space.Mmap(0, length, MapFlags.Private).Address;
                for (ulong p = start; p < start + length; p += 4096)
                    pages.Add(p).ShouldBeTrue();
                maps.Add((start, length));
            }
        }

        ((ulong)pages.Count * 4096).ShouldBe(space.Mapped.Aggregate(0UL, (sum, m) => sum + m.End - m.Start));
    }
}
