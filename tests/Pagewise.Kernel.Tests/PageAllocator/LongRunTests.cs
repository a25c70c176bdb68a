using Pagewise.Abi;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>
/// Seeded long runs in which every frame is accounted for exactly once: free by order, in a per-CPU list, slab, page
/// table, on an LRU list or waiting for one, handed out, reserved. On four zones of 512 frames after every operation; on
/// nodes of odd sizes, 16,000 frames, now and then.
/// </summary>
public class LongRunTests
{
    [Theory]
    [InlineData(1, 21)]
    [InlineData(1, 22)]
    [InlineData(18, 23)]
    [InlineData(18, 24)]
    public void EveryFrameIsAccountedForOnceAfterEachOfManySteps(int minor, int seed)
    {
        using var run = new LongRun(LongRun.Tiny(), new KernelVersion(6, minor), seed);
        run.Run(8_000, checkEvery: 1);
    }

    [Theory]
    [InlineData(1, 31)]
    [InlineData(18, 32)]
    public void EveryFrameIsAccountedForOnceOnNodesOfOddSizes(int minor, int seed)
    {
        using var run = new LongRun(LongRun.Odd(), new KernelVersion(6, minor), seed);
        run.Run(60_000, checkEvery: 997);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(1, 41)]
    [InlineData(18, 42)]
    public void EveryFrameIsAccountedForOnceAfterEachOfAMillionSteps(int minor, int seed)
    {
        using var run = new LongRun(LongRun.Tiny(), new KernelVersion(6, minor), seed);
        run.Run(1_000_000, checkEvery: 1);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(1, 51)]
    [InlineData(6, 52)]
    [InlineData(18, 53)]
    public void EveryFrameIsAccountedForOnceOverAMillionStepsOnNodesOfOddSizes(int minor, int seed)
    {
        using var run = new LongRun(LongRun.Odd(), new KernelVersion(6, minor), seed);
        run.Run(1_000_000, checkEvery: 1999);
    }
}
