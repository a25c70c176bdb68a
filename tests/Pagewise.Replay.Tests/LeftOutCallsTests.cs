using Pagewise.Replay.Checking;

namespace Pagewise.Replay.Tests;

/// <summary>A recording that begins at a start state leaves calls out, so where the kernel found room is taken from it.</summary>
public sealed class LeftOutCallsTests
{
    private const string StartState = "# start-state: before\n";

    private const string Header = "# kernel 6.1.0; ASLR off\n# process 1000 comm=wl\n";

    private const string Elsewhere = """
        1000 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7a62000
        1000 touch(0x7ffff7a62000, 4096, W) = 0

        """;

    private const string Taken = """
        1000 mmap(0x7ffff7a62000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7ffff7a62000
        1000 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7a62000

        """;

    private const string Fixed = "1000 mmap(0x300000000000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x300000001000\n";

    [Theory]
    [InlineData(StartState, Elsewhere, 0, 1)]
    [InlineData("", Elsewhere, 1, 0)]
    [InlineData("# start-state: none recorded\n", Elsewhere, 1, 0)]
    [InlineData(StartState, Taken, 1, 0)]
    [InlineData(StartState, Fixed, 1, 0)]
    public void APlaceThatTheKernelChoseIsTakenFromTheRecordingWhereItIsFree(string startState, string calls, int differences, int warnings)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Header + startState + calls);
            CheckResult result = Checker.Check(file, new CheckOptions { DifferenceLimit = 20 });
            result.Differences.Select(difference => difference.What).ShouldBe(Enumerable.Repeat("mmap", differences));
            result.Warnings.Keys.Count(warning => warning.Contains("where the recording has it", StringComparison.Ordinal)).ShouldBe(warnings);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
