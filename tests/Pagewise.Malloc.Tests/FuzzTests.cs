using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc.Tests;

/// <summary>Random programs against a naive list of live blocks: contents stay, blocks never overlap, the heap is sound.</summary>
public class FuzzTests
{
    [Theory]
    [InlineData(1, "", 1, 400)]
    [InlineData(2, "", 1, 4000)]
    [InlineData(3, "", 1, 300_000)]
    [InlineData(4, "glibc.malloc.tcache_count=0", 1, 1200)]
    [InlineData(5, "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=160", 1, 300)]
    [InlineData(6, "glibc.malloc.tcache_count=300:glibc.malloc.tcache_max=500", 1, 900)]
    [InlineData(7, "glibc.malloc.top_pad=0:glibc.malloc.trim_threshold=0", 1, 20_000)]
    [InlineData(8, "glibc.malloc.mmap_threshold=4096", 1, 12_000)]
    [InlineData(9, "glibc.malloc.perturb=165", 1, 3000)]
    [InlineData(10, "glibc.malloc.tcache_unsorted_limit=2", 1, 1000)]
    [InlineData(11, "", 5, 3000)]
    [InlineData(12, "glibc.malloc.arena_max=2", 5, 100_000)]
    [InlineData(13, "glibc.malloc.tcache_count=1:glibc.malloc.mxfast=0", 3, 700)]
    [InlineData(14, "glibc.malloc.hugetlb=1", 2, 100_000)]
    public void EveryStepLeavesASoundHeap(int seed, string tunables, int threads, int maxBytes)
    {
        using (var x8664 = new Heap<X8664Abi>(tunables))
            new RandomProgram<X8664Abi>(x8664, seed, threads, maxBytes).Run(800);
        using (var i386 = new Heap<I386Abi>(tunables))
            new RandomProgram<I386Abi>(i386, seed, threads, maxBytes).Run(800);
        using (var arm = new Heap<Arm32Abi>(tunables))
            new RandomProgram<Arm32Abi>(arm, seed, threads, maxBytes).Run(800);
    }
}
