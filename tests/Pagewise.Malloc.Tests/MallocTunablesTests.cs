using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc.Tests;

public class MallocTunablesTests
{
    [Fact]
    public void EveryTunableIsRead()
    {
        MallocTunables read = MallocTunables.Parse("glibc.malloc.top_pad=1:glibc.malloc.perturb=2:glibc.malloc.mmap_max=3:glibc.malloc.mmap_threshold=4"
            + ":glibc.malloc.trim_threshold=5:glibc.malloc.arena_max=6:glibc.malloc.arena_test=7:glibc.malloc.tcache_max=8:glibc.malloc.tcache_count=9"
            + ":glibc.malloc.tcache_unsorted_limit=10:glibc.malloc.mxfast=11:glibc.malloc.hugetlb=12");

        read.ShouldBe(new MallocTunables
        {
            TopPad = 1,
            Perturb = 2,
            MmapMax = 3,
            MmapThreshold = 4,
            TrimThreshold = 5,
            ArenaMax = 6,
            ArenaTest = 7,
            TcacheMax = 8,
            TcacheCount = 9,
            TcacheUnsortedLimit = 10,
            Mxfast = 11,
            Hugetlb = 12,
        });
    }

    [Theory]
    [InlineData("glibc.malloc.top_pad=0x10", 16ul)]
    [InlineData("glibc.malloc.top_pad=010", 8ul)]
    [InlineData("glibc.malloc.top_pad= \t7", 7ul)]
    [InlineData("glibc.malloc.top_pad=12abc", 12ul)]
    [InlineData("glibc.malloc.top_pad=-1", ulong.MaxValue)]
    [InlineData("glibc.malloc.top_pad=99999999999999999999999", ulong.MaxValue)]
    [InlineData("glibc.malloc.top_pad=", 0ul)]
    [InlineData("glibc.malloc.top_pad=1:glibc.malloc.top_pad=2", 2ul)]
    [InlineData("::glibc.rtld.nns=4:glibc.malloc.top_pad=3:nonsense", 3ul)]
    public void NumbersAreReadAsTheLoaderReadsThem(string variable, ulong topPad) => MallocTunables.Parse(variable).TopPad.ShouldBe(topPad);

    [Theory]
    [InlineData("glibc.malloc.perturb=256")]
    [InlineData("glibc.malloc.mmap_max=2147483648")]
    [InlineData("glibc.malloc.arena_max=0")]
    [InlineData("glibc.malloc.arena_test=0")]
    [InlineData("glibc.malloc.no_such=1")]
    [InlineData("malloc.top_pad=1")]
    [InlineData("")]
    public void WhatGlibcWouldNotTakeIsPassedOver(string variable) => MallocTunables.Parse(variable).ShouldBe(MallocTunables.Default);

    [Theory]
    [InlineData("glibc.malloc.top_pad=12abc", null)]
    [InlineData("glibc.malloc.top_pad=", 0ul)]
    [InlineData("glibc.malloc.top_pad=0x", 0ul)]
    [InlineData("glibc.malloc.top_pad= -1", ulong.MaxValue)]
    [InlineData("glibc.malloc.top_pad=18446744073709551615", ulong.MaxValue)]
    [InlineData("glibc.malloc.top_pad=18446744073709551616", null)]
    [InlineData("glibc.malloc.top_pad=7:glibc.malloc.top_pad=08", 7ul)]
    [InlineData("::noise:glibc.malloc.top_pad=3", 3ul)]
    [InlineData("glibc.malloc.top_pad=3:", null)]
    [InlineData("glibc.malloc.top_pad=3:noise", null)]
    [InlineData("glibc.malloc.top_pad=3:glibc.malloc.mxfast=1=2", null)]
    public void Since239OneMalformedPairSpoilsAll(string variable, ulong? topPad)
    {
        MallocTunables.Parse<Glibc239>(variable).TopPad.ShouldBe(topPad);
        MallocTunables.Parse<Glibc238>(variable).ShouldBe(MallocTunables.Parse(variable));
    }

    [Fact]
    public void OldVariablesFillWhatTheTunablesLeaveUnset()
    {
        MallocTunables read = MallocTunables.FromEnvironment(
        [
            new("MALLOC_ARENA_MAX", "3"), new("MALLOC_ARENA_MAX", "4"), new("MALLOC_TOP_PAD_", "5"), new("GLIBC_TUNABLES", "glibc.malloc.top_pad=6"),
            new("MALLOC_MMAP_THRESHOLD_", "7"), new("MALLOC_TRIM_THRESHOLD_", "8"), new("MALLOC_MMAP_MAX_", "9"), new("MALLOC_PERTURB_", "10"),
            new("MALLOC_ARENA_TEST", "11"), new("HOME", "/"),
        ]);

        read.ShouldBe(new MallocTunables
        {
            ArenaMax = 3,
            TopPad = 6,
            MmapThreshold = 7,
            TrimThreshold = 8,
            MmapMax = 9,
            Perturb = 10,
            ArenaTest = 11,
        });
    }

    [Theory]
    [InlineData("glibc.malloc.tcache_max=1032", 64ul, 7ul)]
    [InlineData("glibc.malloc.tcache_max=1033", 64ul, 7ul)]
    [InlineData("glibc.malloc.tcache_max=24", 1ul, 7ul)]
    [InlineData("glibc.malloc.tcache_max=25", 2ul, 7ul)]
    [InlineData("glibc.malloc.tcache_count=65535", 64ul, 65535ul)]
    [InlineData("glibc.malloc.tcache_count=65536", 64ul, 7ul)]
    public void TheTcacheTakesWhatFitsIt(string variable, ulong bins, ulong count)
    {
        using var heap = new Heap<Platforms.X8664Abi, Glibc236>(variable);

        (heap.Malloc.Parameters.TcacheBins, heap.Malloc.Parameters.TcacheCount).ShouldBe((bins, count));
    }
}
