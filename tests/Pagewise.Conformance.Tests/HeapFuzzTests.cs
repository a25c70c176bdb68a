using Pagewise.Malloc;
using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Conformance.Tests;

/// <summary>Seeded random programs on this machine's malloc: the model gives every result, and the same statistics text.</summary>
public class HeapFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Options = ["", "t", "l", "m", "a", "o", "s", "T", "Tm", "Ta", "to", "ms", "mo", "las"];

    private static readonly string[] Tunables =
    [
        "glibc.malloc.tcache_count=0", "glibc.malloc.tcache_count=2:glibc.malloc.mxfast=160", "glibc.malloc.top_pad=0:glibc.malloc.trim_threshold=0",
        "glibc.malloc.tcache_max=200:glibc.malloc.tcache_count=40", "glibc.malloc.mmap_threshold=0x4000", "glibc.malloc.perturb=85",
        "glibc.malloc.mmap_max=3", "glibc.malloc.tcache_unsorted_limit=3", "glibc.malloc.arena_max=2", "glibc.malloc.arena_max=1",
        "glibc.malloc.mxfast=0:glibc.malloc.top_pad=1048576", "glibc.malloc.tcache_count=65536:glibc.malloc.tcache_max=1033",
        "glibc.malloc.hugetlb=1", "glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=33554432:glibc.malloc.arena_test=1",
    ];

    [Fact]
    public void AMillionCallsOfTheLiveGlibcComeOutTheSame()
    {
        long calls = 0;
        for (int i = 0; i < Options.Length; i++)
        {
            calls += Compare(1000 + i, 36_000, Options[i], "");
            calls += Compare(2000 + i, 36_000, Options[i], Tunables[i]);
        }

        calls.ShouldBeGreaterThanOrEqualTo(1_000_000);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void TwentyMillionCallsOfTheLiveGlibcComeOutTheSame()
    {
        long calls = 0;
        for (int seed = 1; calls < 20_000_000; seed++)
        {
            string tunables = seed % 2 == 0 ? "" : Tunables[seed / 2 % Tunables.Length];
            string opts = Options[seed % Options.Length];

            // glibc dies of its own assertion when a program moves the break under hugetlb=1 (HeapAbortTests has it).
            if (tunables.Contains("hugetlb", StringComparison.Ordinal))
                opts = opts.Replace("s", "", StringComparison.Ordinal);
            calls += Compare(seed * 7919, 200_000, opts, tunables);
        }
    }

    // Where the machine's glibc is of a release that is not modelled there is nothing to compare; what is asserted then
    // is that the checker says so. The number of calls is that of the calls asked for, compared or refused.
    private int Compare(int seed, int calls, string opts, string tunables)
    {
        string run = $"heapfuzz {seed} {calls} '{opts}' GLIBC_TUNABLES={tunables}";
        if (!AllocatorModels.Releases.Contains(HeapFuzz.Release()))
        {
            output.WriteLine($"{run}: not compared, for this machine's glibc is {HeapFuzz.Release()}; modelled are {string.Join(", ", AllocatorModels.Releases)}");
            Should.Throw<RecordingException>(() => HeapFuzz.Compare(seed, 1, opts, tunables)).Message.ShouldContain("modelled are");
            return calls;
        }

        HeapFuzzResult result = HeapFuzz.Compare(seed, calls, opts, tunables);
        result.Check.Differences.Take(5).ShouldBeEmpty(run);
        result.Check.DifferenceCount.ShouldBe(0, run);
        result.Check.Warnings.ShouldBeEmpty(run);
        result.Check.Calls.ShouldBeGreaterThanOrEqualTo(calls, run);
        result.ModelText.ShouldBe(result.LiveText, run);
        result.LiveText.Length.ShouldBeGreaterThan(1000, run);
        return calls;
    }
}
