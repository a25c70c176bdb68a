using Pagewise.Replay.Heap;

namespace Pagewise.Replay.Tests.Heap;

public class HeapTunablesTextTests
{
    [Fact]
    public void ATunableIsReplacedAddedOrTakenOut()
    {
        const string Recorded = "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=2";
        HeapTunablesText.With(Recorded, "arena_max", "4").ShouldBe("glibc.malloc.tcache_count=0:glibc.malloc.arena_max=4");
        HeapTunablesText.With(Recorded, "top_pad", "0").ShouldBe(Recorded + ":glibc.malloc.top_pad=0");
        HeapTunablesText.With(Recorded, "tcache_count", null).ShouldBe("glibc.malloc.arena_max=2");
        HeapTunablesText.With("", "tcache_count", null).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("arena_max", "8", true)]
    [InlineData("arena_max", "default", true)]
    [InlineData("mmap_threshold", "0x20000", true)]
    [InlineData("arena_max", "0", false)]
    [InlineData("arena_max", "", false)]
    [InlineData("arena_max", "0x", false)]
    [InlineData("arena_max", "many", false)]
    [InlineData("arena_max", "-1", false)]
    [InlineData("hugetlb", "1", false)]
    [InlineData("frobs", "1", false)]
    public void WhatGlibcWouldNotTakeIsAFault(string name, string value, bool right) =>
        (HeapTunablesText.Fault(name, value) is null).ShouldBe(right);
}
