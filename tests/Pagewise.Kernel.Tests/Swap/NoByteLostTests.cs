using Pagewise.Abi;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>With memory for a quarter of what programs use, nothing that they stored is lost.</summary>
public sealed class NoByteLostTests
{
    private const uint SwapPages = 1 << 16;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void TenMillionAccessesFindWhatWasStored(int seed, bool isSynchronous) => Run(seed, isSynchronous, 5_000_000);

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    public void GenerationsLoseNoByteEither(int seed, bool isSynchronous) => Run(seed, isSynchronous, 1_000_000, caps: LruGenCaps.All);

    // One CPU and two, a device that is waited for and one that is not, kernels from first to last.
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(3, false, 18)]
    [InlineData(4, true, 1)]
    [InlineData(5, true, 18)]
    [InlineData(6, false, 8)]
    public void TwoHundredMillionAccessesFindWhatWasStored(int seed, bool isSynchronous, int minor) => Run(seed, isSynchronous, 50_000_000, calm: 4, minor: minor);

    [Fact]
    public void PagesGoToAFileAndComeBackWithTheirChecksums()
    {
        using var file = new SwapFile(SwapPages);
        using var run = new CrowdedPrograms(5, spec => spec with
        {
            SwapBytes = (ulong)(SwapPages - 1) << 12,
            SwapAreas = [new SwapAreaSpec(SwapPages) { OpenStore = _ => file }],
        });
        run.Run(300_000);
        run.Machine.Validate();
        file.Writes.ShouldBeGreaterThan(10_000);
        file.Reads.ShouldBeGreaterThan(10_000);
    }

    [Theory]
    [InlineData(18, LruGenCaps.None)]
    [InlineData(18, LruGenCaps.All)]
    [InlineData(18, LruGenCaps.Core)]
    [InlineData(18, LruGenCaps.Core | LruGenCaps.MmWalk)]
    [InlineData(1, LruGenCaps.None)]
    [InlineData(8, LruGenCaps.None)]
    public void EveryCountAgreesAllAlong(int minor, LruGenCaps caps)
    {
        using var run = new CrowdedPrograms(6, spec => spec with { Kernel = new KernelVersion(6, minor), SwapBytes = 256 << 20, LruGen = caps });
        for (int step = 0; step < 60; step++)
        {
            run.Run(5000);
            run.Machine.Validate();
        }
    }

    private static void Run(int seed, bool isSynchronous, long accesses, int calm = 1, LruGenCaps caps = LruGenCaps.None, int minor = 18)
    {
        using var run = new CrowdedPrograms(seed, spec => spec with
        {
            Kernel = new KernelVersion(6, minor),
            SwapBytes = (ulong)(SwapPages - 1) << 12,
            SwapAreas = [new SwapAreaSpec(SwapPages) { IsSynchronous = isSynchronous }],
            LruGen = caps,
        }, calm);
        run.Run(accesses);
        run.Machine.Validate();
        run.Machine.VmStat.PswpIn.ShouldBeGreaterThan(accesses / 100);
        run.Machine.VmStat.WorkingsetRefaultFile.ShouldBeGreaterThan(accesses / 100);
        run.EndAll();
        run.Machine.Validate();
        run.Machine.VmStat.NrAnonPages.ShouldBe(0);
    }
}
