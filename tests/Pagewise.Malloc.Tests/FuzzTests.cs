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
        Run<X8664Abi, Glibc236>(seed, tunables, threads, maxBytes, 800);
        Run<I386Abi, Glibc236>(seed, tunables, threads, maxBytes, 800);
        Run<Arm32Abi, Glibc236>(seed, tunables, threads, maxBytes, 800);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("", 4)]
    [InlineData("glibc.malloc.tcache_count=0", 1)]
    [InlineData("glibc.malloc.tcache_max=65536:glibc.malloc.tcache_count=3", 3)]
    [InlineData("glibc.malloc.tcache_max=4194280:glibc.malloc.mmap_threshold=20000", 2)]
    public void EveryReleaseLeavesASoundHeap(string tunables, int threads)
    {
        foreach (string release in AllocatorModels.Releases)
        {
            foreach (string platform in AllocatorModels.Platforms)
                AllocatorModels.Visit(platform, release, new Program(tunables, threads)).ShouldNotBeNull();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("glibc.malloc.tcache_max=65536:glibc.malloc.tcache_count=3:glibc.malloc.mmap_threshold=20000")]
    public void AReleaseWithOneChangeTakenBackIsSoundToo(string tunables)
    {
        int swaps = 0;
        foreach ((string release, string other) in AllocatorModels.Releases.Zip(AllocatorModels.Releases.Skip(1)).Append(("2.31", "2.43")))
        {
            foreach (ReleaseChange change in ReleaseChanges.Between(release, other))
            {
                ReleaseChanges.VisitSwapped("x86_64", other, change, release, new Program(tunables, 3)).ShouldNotBeNull();
                ReleaseChanges.VisitSwapped("i386", release, change, other, new Program(tunables, 1)).ShouldNotBeNull();
                swaps++;
            }
        }

        swaps.ShouldBeGreaterThan(40);
        ReleaseChanges.Between("2.35", "2.36").ShouldBeEmpty();
        ReleaseChanges.Between("2.42.9000", "2.43").ShouldBeEmpty();
        ReleaseChanges.Between("2.42", "2.42-branch").ShouldBe([ReleaseChange.TcacheLimit]);
    }

    private static void Run<TAbi, TRelease>(int seed, string tunables, int threads, int maxBytes, int calls)
        where TAbi : struct, IMallocAbi
        where TRelease : struct, IGlibcRelease
    {
        using var heap = new Heap<TAbi, TRelease>(tunables);
        new RandomProgram<TAbi, TRelease>(heap, seed, threads, maxBytes).Run(calls);
    }

    private sealed class Program(string tunables, int threads) : IAllocatorVisitor<string>
    {
        public string Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease
        {
            Run<TAbi, TRelease>(31, tunables, threads, 2500, 150);
            Run<TAbi, TRelease>(32, tunables, threads, 60_000, 150);
            return typeof(TRelease).Name;
        }
    }
}
