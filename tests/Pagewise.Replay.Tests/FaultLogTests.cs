using System.Text;
using Pagewise.Replay.Checking;

namespace Pagewise.Replay.Tests;

/// <summary>The faults of every access, as faults.rle has them, where timing has a part in them.</summary>
public sealed class FaultLogTests
{
    private const string Agreement = "faults.rle agreement: ";

    [Theory]
    [InlineData("cyclic56_pc0", 99)]
    [InlineData("cyclic56_pc0.rep1", 99)]
    [InlineData("cyclic56_pc0.rep2", 98)]
    [InlineData("cyclic56_zram", 99)]
    [InlineData("cyclic56_pc0_mglru", 99)]
    [InlineData("memcg_cyclic42_max32", 99)]
    [InlineData("filemmap64_norm", 99)]
    [InlineData("hotcold_12_80", 98)]
    public void AccessesOfAnExperimentFaultAsRecorded(string experiment, double percent)
    {
        CheckResult result = Checker.Check(PathOf(experiment));
        PercentOf(result).ShouldBeGreaterThanOrEqualTo(percent);
        result.Differences.ShouldNotContain(one => one.What.Contains("accesses", StringComparison.Ordinal));
    }

    [Fact]
    public void ExactFaultLogsAgreeAltogether() => Checker.Check(PathOf("cyclic24_fits")).Measured.ShouldBe(["faults.rle agreement: 100.0 % of 24,576 accesses"]);

    [Fact]
    public void ACycleThatIsRecordedOtherwiseInThreeOfAHundredAccessesDiffers()
    {
        // 32,256 accesses in memcg_cyclic42_max32: 1,000 major faults less.
        CheckResult result = CheckWith("memcg_cyclic42_max32", letters => letters[20_000..21_000].Fill('.'));
        PercentOf(result).ShouldBeInRange(96.5, 97);
        result.Differences.ShouldHaveSingleItem().What.ShouldBe("accesses as recorded");
    }

    [Fact]
    public void ElsewhereItIsTheRateThatCountsAndNotWhichAccess()
    {
        // The same faults in another order within each thousand.
        CheckResult result = CheckWith("mixed38_100_sw60.rep1", letters =>
        {
            for (int start = 0; start < letters.Length; start += 1000)
                letters[start..Math.Min(start + 1000, letters.Length)].Sort();
        });
        PercentOf(result).ShouldBeLessThan(99);
        result.Differences.ShouldBeEmpty();
        result.Measured.Count.ShouldBe(3);
    }

    [Fact]
    public void ATenthMoreFaultsOfAKindThanRecordedDiffers()
    {
        CheckResult result = CheckWith("mixed38_100_sw60.rep1", letters =>
        {
            for (int i = 0; i < letters.Length; i++)
                letters[i] = letters[i] == 'M' && i % 7 == 0 ? '.' : letters[i];
        });
        result.Differences.ShouldHaveSingleItem().What.ShouldBe("major faults per 1000 accesses");
    }

    private delegate void Change(Span<char> letters);

    // The experiment with another fault log.
    private static CheckResult CheckWith(string experiment, Change change)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pagewise");
        try
        {
            foreach (string file in Directory.GetFiles(PathOf(experiment)))
                File.Copy(file, Path.Combine(directory.FullName, Path.GetFileName(file)));
            string log = Path.Combine(directory.FullName, "faults.rle");
            char[] letters = [.. File.ReadLines(log).Where(line => !line.StartsWith('#')).SelectMany(Letters)];
            change(letters);
            var text = new StringBuilder();
            for (int i = 0; i < letters.Length; i++)
                text.Append(i).Append(" 1 ").Append(letters[i]).Append('\n');
            File.WriteAllText(log, text.ToString());
            return Checker.Check(directory.FullName);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static IEnumerable<char> Letters(string line)
    {
        string[] words = line.Split(' ');
        return Enumerable.Repeat(words[2][0], int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static double PercentOf(CheckResult result) =>
        double.Parse(result.Measured.Single(line => line.StartsWith(Agreement, StringComparison.Ordinal))[Agreement.Length..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static string PathOf(string experiment) => Path.Combine(Repository.Oracle, "guest", experiment);
}
