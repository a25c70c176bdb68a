namespace Pagewise.Conformance.Tests;

public class VmFuzzTests
{
    [Fact]
    public void ThisMachineCanBeComparedWithTheModel() =>
        LiveMachine.Obstacles.ShouldBeEmpty("the live comparison proves nothing here: " + string.Join("; ", LiveMachine.Obstacles));

    [Theory]
    [InlineData("")]
    [InlineData("kp")]
    public void ARecordingHasEveryKindOfLine(string opts)
    {
        LiveMachine.Obstacles.ShouldBeEmpty();
        string[] lines = File.ReadAllLines(VmFuzz.Record(7, 400, opts));

        lines[1].ShouldBe($"# vmfuzz seed 7 calls 400 opts {opts}");
        string pid = opts.Contains('k') ? "1000 " : "";
        string touch = opts.Contains('k') ? "1000 touch(" : "# touch "; // with several processes accesses are calls
        foreach (string start in new[]
                 {
                     $"{pid}mmap(", $"{pid}munmap(", $"{pid}mprotect(", $"{pid}mremap(", $"{pid}madvise(", $"{pid}brk(",
                     touch, $"#M {pid}00400000-", "# maps start", "# maps periodic", "# maps end", opts.Contains('k') ? "# total 1001 minflt " : "# total minflt ",
                 })
        {
            lines.ShouldContain(line => line.StartsWith(start, StringComparison.Ordinal), start);
        }

        lines.Count(line => line.StartsWith(touch, StringComparison.Ordinal)).ShouldBeGreaterThan(50);
    }
}
