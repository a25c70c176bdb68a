using System.Diagnostics;
using Pagewise.Replay.Checking;
using Pagewise.Replay.Machines;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests;

/// <summary>Experiments with damaged files: each is checked to its end, or refused in one line.</summary>
public sealed class ExperimentMutationTests
{
    private static readonly string[] Experiments = ["forkcow_32", "madv_32_swap", "numa_default", "overcommit_noswap", "oomscore_noswap", "wmark_numa_256_512", "limits"];

    [Fact]
    public void DamagedExperimentsAreCheckedOrRefused() => Check(seed: 1, cases: 150);

    [Fact]
    [Trait("Category", "Slow")]
    public void VeryManyDamagedExperimentsAreCheckedOrRefused() => Check(seed: 2, cases: 1_000);

    private static void Check(int seed, int cases)
    {
        int refused = 0;
        for (int i = 0; i < cases; i++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + i));
            string source = Path.Combine(Repository.Oracle, "guest", Experiments[random.Next(Experiments.Length)]);
            string[] files = [.. Directory.GetFiles(source).Where(file => !file.EndsWith(".xz", StringComparison.Ordinal) && !file.EndsWith(".md", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
            // The start state decides most.
            string[] starts = [.. files.Where(file => Path.GetFileName(file).StartsWith("before.", StringComparison.Ordinal))];
            string damaged = random.Next(3) > 0 && starts.Length > 0 ? starts[random.Next(starts.Length)] : files[random.Next(files.Length)];
            DirectoryInfo directory = Directory.CreateTempSubdirectory("pagewise");
            try
            {
                foreach (string file in Directory.GetFiles(source))
                {
                    string copy = Path.Combine(directory.FullName, Path.GetFileName(file));
                    if (file != damaged)
                        File.CreateSymbolicLink(copy, Path.GetFullPath(file));
                    else if (random.Next(20) > 0)
                        File.WriteAllText(copy, DamagedText.Of(File.ReadAllText(file), random));
                }

                refused += IsRefused(directory.FullName, $"seed {seed} case {i}: {Path.GetFileName(source)}/{Path.GetFileName(damaged)}") ? 1 : 0;
            }
            finally
            {
                directory.Delete(recursive: true);
            }
        }

        refused.ShouldBeInRange(cases / 20, cases - 1);
    }

    private static bool IsRefused(string experiment, string label)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            Checker.Check(experiment).Results.ShouldBeGreaterThanOrEqualTo(0, label);
            return false;
        }
        catch (Exception refused) when (refused is RecordingException or ReplayException or MachineFileException)
        {
            refused.Message.ShouldNotContain("\n", Case.Sensitive, label);
            return true;
        }
        catch (Exception wrong)
        {
            throw new InvalidOperationException(label, wrong);
        }
        finally
        {
            clock.ElapsedMilliseconds.ShouldBeLessThan(20_000, label);
        }
    }
}
