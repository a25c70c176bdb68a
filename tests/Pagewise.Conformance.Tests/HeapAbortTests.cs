using Pagewise.Malloc;
using Pagewise.Replay.Heap;

namespace Pagewise.Conformance.Tests;

/// <summary>A program that misuses its heap dies in the model with the message with which it dies on this machine.</summary>
public class HeapAbortTests
{
    private const string NoTcache = "glibc.malloc.tcache_count=0";

    private const string SysmallocAssertion = "Fatal glibc error: malloc assertion failure in sysmalloc: (old_top == initial_top (av) && old_size == 0) || "
        + "((unsigned long) (old_size) >= MINSIZE && prev_inuse (old_top) && ((unsigned long) old_end & (pagesize - 1)) == 0)";

    // Two free chunks of 1200 bytes in one large bin, sorted there by a larger request; block 9 is not adjacent to any.
    private const string LargeBinned = "m 0 1200 m 1 24 m 2 1200 m 3 24 f 0 0 f 2 0 m 4 5000 ";

    [Theory]
    [InlineData("m 0 24 f 0 8", "", "free(): invalid pointer")]
    [InlineData("m 0 24 w 0 -8 0x11 f 0 0", "", "free(): invalid size")]
    [InlineData("m 0 24 f 0 0 f 0 0", "", "free(): double free detected in tcache 2")]
    [InlineData("m 0 24 m 1 24 m 2 24 f 0 0 f 1 0 k 2 8 1 8 p 0 0 1 0 f 2 0", "", "free(): too many chunks detected in tcache")]
    [InlineData("m 0 24 m 1 24 f 0 0 k 1 8 0 8 p 0 0 0 8 f 1 0", "", "free(): unaligned chunk detected in tcache 2")]
    [InlineData("m 0 24 m 1 24 f 0 0 f 1 0 p 1 0 0 8 m 2 24 m 3 24", "", "malloc(): unaligned tcache chunk detected")]
    [InlineData("m 0 24 f 0 0 f 0 0", NoTcache, "double free or corruption (fasttop)")]
    [InlineData("m 0 24 m 1 24 w 0 24 1 f 0 0", NoTcache, "free(): invalid next size (fast)")]
    [InlineData("m 0 2000 f 0 0 f 0 0", "", "double free or corruption (top)")]
    [InlineData("m 0 2000 w 0 -8 0x100001 f 0 0", "", "double free or corruption (out)")]
    [InlineData("m 0 2000 m 1 24 f 0 0 f 0 0", "", "double free or corruption (!prev)")]
    [InlineData("m 0 2000 m 1 24 w 0 2008 1 f 0 0", "", "free(): invalid next size (normal)")]
    [InlineData("m 0 2000 m 1 2000 m 2 24 f 0 0 w 0 -8 0x7c1 f 1 0", "", "corrupted size vs. prev_size while consolidating")]
    [InlineData("m 0 2000 m 1 2000 m 2 24 f 1 0 w 2 -16 0x100 f 0 0", "", "corrupted size vs. prev_size")]
    [InlineData("m 0 2000 m 1 2000 m 2 24 f 1 0 a 1 0 0 0 f 0 0", "", "corrupted double-linked list")]
    [InlineData("m 0 1200 m 1 24 m 2 1232 m 3 24 m 5 1216 m 6 24 f 0 0 f 2 0 m 4 5000 f 5 0 a 0 8 1 0 m 7 5000", "", "malloc(): largebin double linked list corrupted (bk)")]
    [InlineData("m 8 1200 " + LargeBinned + "m 5 1300 m 6 24 f 5 0 m 7 5000 a 0 16 8 0 f 8 0", "", "corrupted double-linked list (not small)")]
    [InlineData("m 0 2000 m 1 24 m 2 2000 m 3 24 f 0 0 a 0 8 2 0 f 2 0", "", "free(): corrupted unsorted chunks")]
    [InlineData("m 0 24 m 1 24 f 0 0 w 0 -8 0x41 m 2 24", NoTcache, "malloc(): memory corruption (fast)")]
    [InlineData("m 0 24 m 1 24 f 0 0 f 1 0 p 1 0 0 8 m 2 24 m 3 24", NoTcache, "malloc(): unaligned fastbin chunk detected 2")]
    [InlineData("m 0 24 m 1 24 m 2 24 f 0 0 f 1 0 f 2 0 p 2 0 0 8 m 3 24 m 4 24", "glibc.malloc.tcache_count=1", "malloc(): unaligned fastbin chunk detected 3")]
    [InlineData("m 0 300 m 1 24 m 2 300 m 3 24 f 0 0 f 2 0 m 4 500 a 0 8 1 0 m 5 300", NoTcache, "malloc(): smallbin double linked list corrupted")]
    [InlineData("m 0 2000 m 1 24 f 0 0 w 0 -8 0x9 m 2 3000", "", "malloc(): invalid size (unsorted)")]
    [InlineData("m 0 2000 m 1 24 f 0 0 w 0 2008 0x8 m 2 3000", "", "malloc(): invalid next size (unsorted)")]
    [InlineData("m 0 2000 m 1 24 f 0 0 w 0 2000 0x100 m 2 3000", "", "malloc(): mismatching next->prev_size (unsorted)")]
    [InlineData("m 0 2000 m 1 24 f 0 0 a 0 0 1 0 m 2 3000", "", "malloc(): unsorted double linked list corrupted")]
    [InlineData("m 0 2000 m 1 24 f 0 0 w 0 2008 0x21 m 2 3000", "", "malloc(): invalid next->prev_inuse (unsorted)")]
    [InlineData("m 0 1200 m 1 24 m 2 1232 m 3 24 m 5 1216 m 6 24 f 0 0 f 2 0 m 4 5000 f 5 0 a 0 24 1 -8 m 7 5000", "", "malloc(): largebin double linked list corrupted (nextsize)")]
    [InlineData(LargeBinned + "m 5 1200 m 6 24 f 5 0 m 7 5000", "", "survived")]
    [InlineData("m 0 24 w 0 24 -1 m 1 2000", "", "malloc(): corrupted top size")]
    [InlineData("m 0 24 w 0 24 0x101 m 1 2000", "", SysmallocAssertion)]
    [InlineData("m 0 200000 w 0 -16 0x8 f 0 0", "", "munmap_chunk(): invalid pointer")]
    [InlineData("m 0 200000 w 0 -16 0x8 r 0 0 300000", "", "mremap_chunk(): invalid pointer")]
    [InlineData("m 0 24 r 0 8 100", "", "realloc(): invalid pointer")]
    [InlineData("m 0 24 w 0 -8 0x1000001 r 0 0 100", "", "realloc(): invalid old size")]
    [InlineData("m 0 24 m 1 24 w 0 24 0x1000001 r 0 0 100", "", "realloc(): invalid next size")]
    [InlineData("m 0 24 m 1 24 f 0 0 f 1 0 p 1 0 0 8 m 2 2000", NoTcache, "malloc_consolidate(): unaligned fastbin chunk detected")]
    [InlineData("m 0 24 m 1 24 f 0 0 w 0 -8 0x41 m 2 2000", NoTcache, "malloc_consolidate(): invalid chunk size")]
    [InlineData("m 0 200 m 1 24 m 2 24 f 0 0 f 1 0 w 0 -8 0xf1 m 3 2000", NoTcache, "corrupted size vs. prev_size in fastbins")]
    [InlineData("m 0 24 b -4096 m 2 140000", "glibc.malloc.mmap_threshold=10000000", "break adjusted to free malloc space")]
    [InlineData("m 0 24 m 1 120 m 2 24 f 0 0 w 0 -8 0x41 r 1 0 88", NoTcache, "invalid fastbin entry (free)")]
    public void TheLastWordsAreGlibcs(string script, string tunables, string message)
    {
        HeapAbort.Model(script, tunables).ShouldBe(message);
        if (AllocatorModels.Releases.Contains(HeapFuzz.Release()))
            HeapAbort.Live(script, tunables).ShouldBe(message);
    }
}
