using Pagewise.Abi;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc.Tests;

/// <summary>The best known of glibc's placements, by hand.</summary>
public class PlacementTests
{
    private const ulong Start = 0x555555559000;

    [Fact]
    public void TheFirstBlockFollowsTheTcacheStruct()
    {
        using var x8664 = new Heap<X8664Abi, Glibc236>();
        x8664.Malloc.Malloc(24).ShouldBe(Start + 0x2a0);

        using var i386 = new Heap<I386Abi, Glibc236>();
        i386.Malloc.Malloc(24).ShouldBe(0x56555000UL + 0x1a0);

        using var arm = new Heap<Arm32Abi, Glibc236>();
        arm.Malloc.Malloc(24).ShouldBe(0x56555000UL + 0x190);
    }

    [Fact]
    public void TheFirstBlockOfAThreadsHeapLiesBehindItsArena()
    {
        using var heap = new Heap<X8664Abi, Glibc236>();
        _ = heap.Malloc.Malloc(24);
        heap.Malloc.SwitchThread(1);

        (heap.Malloc.Malloc(24) & 0x3ffffff).ShouldBe(0xb70UL);
        heap.Malloc.ArenaCount.ShouldBe(2);
    }

    [Fact]
    public void AFreedBlockIsTheNextOfItsSize()
    {
        using var heap = new Heap<X8664Abi, Glibc236>();
        ulong first = heap.Malloc.Malloc(100);
        ulong second = heap.Malloc.Malloc(100);
        heap.Malloc.Free(first);
        heap.Malloc.Free(second);

        heap.Malloc.Malloc(104).ShouldBe(second);
        heap.Malloc.Malloc(90).ShouldBe(first);
    }

    [Fact]
    public void SafeLinkingHidesTheLinksOfTheTcache()
    {
        using var heap = new Heap<X8664Abi, Glibc236>();
        ulong first = heap.Malloc.Malloc(24);
        ulong second = heap.Malloc.Malloc(24);
        heap.Malloc.Free(first);
        heap.Malloc.Free(second);

        heap.Peek(first).ShouldBe(first >> 12);
        heap.Peek(second).ShouldBe((second >> 12) ^ first);
    }

    [Fact]
    public void FreedNeighboursMergeAndLeaveTheirSizeBehindThem()
    {
        using var heap = new Heap<X8664Abi, Glibc236>("glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0");
        ulong first = heap.Malloc.Malloc(1000);
        ulong second = heap.Malloc.Malloc(1000);
        ulong behind = heap.Malloc.Malloc(24);
        heap.Malloc.Free(first);
        heap.Malloc.Free(second);

        heap.Peek(first - 8).ShouldBe(0x7e0UL | 1);
        heap.Peek(behind - 16).ShouldBe(0x7e0UL);
        (heap.Peek(behind - 8) & 1).ShouldBe(0UL);
    }

    [Fact]
    public void LargeBlocksAreMappedAndTheThresholdFollowsWhatIsFreed()
    {
        using var heap = new Heap<X8664Abi, Glibc236>();
        ulong mapped = heap.Malloc.Malloc(300_000);
        (mapped & 4095).ShouldBe(16UL);
        heap.Malloc.Mallinfo2().HBlks.ShouldBe(1UL);
        heap.Malloc.Free(mapped);

        heap.Malloc.Parameters.MmapThreshold.ShouldBe(303_104UL);
        heap.Malloc.Parameters.TrimThreshold.ShouldBe(606_208UL);
        heap.Malloc.Malloc(300_000).ShouldBeLessThan(0x600000000000UL, "it is taken from the heap now");
    }

    [Fact]
    public void NoMemoryIsNullAndEnomem()
    {
        using var heap = new Heap<X8664Abi, Glibc236>();
        heap.Malloc.Malloc(ulong.MaxValue).ShouldBe(0UL);
        heap.Malloc.Malloc(1UL << 47).ShouldBe(0UL);
        heap.Malloc.Calloc(1UL << 40, 1UL << 40).ShouldBe(0UL);
        heap.Malloc.Reallocarray(0, 1UL << 40, 1UL << 40).ShouldBe(0UL);
        heap.Malloc.Pvalloc(ulong.MaxValue).ShouldBe(0UL);
        heap.Malloc.LastErrno.ShouldBe(Errno.ENOMEM);
        heap.Malloc.PosixMemalign(24, 1, out _).ShouldBe(Errno.EINVAL);
        heap.Malloc.PosixMemalign(4096, 1UL << 47, out _).ShouldBe(Errno.ENOMEM);
        heap.Malloc.Validate();
    }

    [Fact]
    public void ThreadsShareArenasInTurnWhenTheLimitIsReached()
    {
        using var heap = new Heap<X8664Abi, Glibc236>("glibc.malloc.arena_max=3");
        _ = heap.Malloc.Malloc(1000);
        var arenas = new List<ulong>();
        for (int thread = 1; thread <= 5; thread++)
        {
            heap.Malloc.SwitchThread(thread);
            arenas.Add(heap.Malloc.Malloc(1000) & ~0x3ffffffUL);
        }

        // Two new arenas, then the main one, then the others from the list, the newest first.
        arenas.Distinct().Count().ShouldBe(3);
        arenas[2].ShouldBe(Start & ~0x3ffffffUL);
        arenas[3].ShouldBe(arenas[1]);
        arenas[4].ShouldBe(arenas[0]);
    }

    [Fact]
    public void AnEndedThreadsArenaIsTheNextThreads()
    {
        using var heap = new Heap<X8664Abi, Glibc236>();
        _ = heap.Malloc.Malloc(24);
        heap.Malloc.SwitchThread(1);
        ulong block = heap.Malloc.Malloc(24);
        heap.Malloc.Free(block);
        heap.Malloc.ThreadExit();
        heap.Malloc.SwitchThread(2);

        (heap.Malloc.Malloc(24) >> 26).ShouldBe(block >> 26);
        heap.Malloc.ArenaCount.ShouldBe(2);
        heap.Malloc.Validate();
    }
}
