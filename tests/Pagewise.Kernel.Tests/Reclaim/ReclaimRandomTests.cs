using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tests.Faults;

namespace Pagewise.Kernel.Tests.Reclaim;

public sealed class ReclaimRandomTests
{
    private const int Calls = 400;

    public static TheoryData<PageTableFormat, int, bool, LruGenCaps> Runs =>
    [
        .. from format in Enum.GetValues<PageTableFormat>()
           from seed in Enumerable.Range(1, 3)
           from isSynchronous in (bool[])[false, true]
           from caps in (LruGenCaps[])[LruGenCaps.None, LruGenCaps.All]
           select new TheoryDataRow<PageTableFormat, int, bool, LruGenCaps>(format, seed, isSynchronous, caps),
    ];

    /// <summary>
    /// With memory for a quarter of what the programs use, every byte is where it was stored, whatever is swapped, forked,
    /// shared or paged out; after each step lists, slots, entries and counts agree with a count of their own.
    /// </summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void NoByteIsLostWhenMemoryIsShort(PageTableFormat format, int seed, bool isSynchronous, LruGenCaps caps)
    {
        const ulong memoryBytes = 4UL << 20;
        const uint swapPages = 1 << 15;
        using RandomPrograms run = new(format, seed, spec => spec with
        {
            MemoryBytes = memoryBytes,
            SwapBytes = (ulong)(swapPages - 1) << 12,
            SwapAreas = [new SwapAreaSpec(swapPages / 2) { IsSynchronous = isSynchronous }, new SwapAreaSpec(swapPages / 2) { Priority = seed % 2 == 0 ? -2 : -3 }],
            PageCluster = seed % 2 == 0 ? 3 : 0,
            LruGen = caps,
        });
        for (int step = 0; step < Calls; step++)
        {
            string what = run.Step();
            try
            {
                run.Machine.Validate();
            }
            catch (InvalidOperationException wrong)
            {
                throw new InvalidOperationException($"seed {seed}, step {step}, {what}: {wrong.Message}", wrong);
            }
        }

        run.Machine.VmStat.PswpOut.ShouldBeGreaterThan(100);
        run.Machine.VmStat.PswpIn.ShouldBeGreaterThan(0);
        run.EndAll();
        run.Machine.Validate();
        run.Machine.VmStat.NrAnonPages.ShouldBe(0);
    }
}
