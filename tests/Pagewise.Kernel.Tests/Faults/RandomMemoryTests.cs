using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Faults;

public sealed class RandomMemoryTests
{
    private const int Calls = 400;

    public static TheoryData<PageTableFormat, int> Runs =>
    [
        .. from format in Enum.GetValues<PageTableFormat>()
           from seed in Enumerable.Range(1, 6)
           select new TheoryDataRow<PageTableFormat, int>(format, seed),
    ];

    /// <summary>Bytes written are the bytes read, in every process, whatever is mapped, forked, moved, collapsed or split; every count stays right.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void ProgramsSeeTheirBytesAndNobodyElsesWhateverHappens(PageTableFormat format, int seed)
    {
        using RandomPrograms run = new(format, seed);
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

        run.EndAll();
        run.Machine.Validate();
        run.Machine.VmStat.NrAnonPages.ShouldBe(0);
        run.Machine.VmStat.NrPageTablePages.ShouldBe(0);
    }
}
