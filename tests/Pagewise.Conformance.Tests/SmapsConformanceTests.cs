using System.Text;
using Pagewise.Replay;
using Pagewise.Workloads;

namespace Pagewise.Conformance.Tests;

/// <summary>
/// smaps and smaps_rollup after seeded random calls and accesses: what the live kernel shows at the end of every process
/// and what the model shows there, line by line.
/// </summary>
public class SmapsConformanceTests
{
    private const int CallsOfARecording = 1000;

    private static readonly string[] Turns = ["z", "nz", "fz", "hz", "kz", "pz", "gsz", "khz", "ekz", "fkz"];

    [Fact]
    public void SmapsOfRandomProcessesAreThoseOfTheLiveKernel() => Compare(1, Turns, recordings: 10);

    private static void Compare(int firstSeed, string[] turns, int recordings)
    {
        LiveMachine.Obstacles.ShouldBeEmpty("the live comparison proves nothing here");
        long lines = 0;
        var report = new StringBuilder();
        for (int i = 0; i < recordings; i++)
        {
            string recording = VmFuzz.Record(firstSeed + i, CallsOfARecording, turns[i % turns.Length]);
            using RecordingReader reader = RecordingReader.Open(recording);
            using var replayer = new Replayer(reader, new ReplayOptions { Mode = ReplayMode.Check });
            var comparison = new SmapsComparison();
            replayer.Observer = comparison;
            replayer.Run();
            lines += comparison.Lines;
            if (comparison.Differences.Count > 0)
                report.AppendLine($"{Keep(recording)}: {comparison.Lines} lines, {comparison.Differences.Count} differ").AppendJoin('\n', comparison.Differences.Take(10)).AppendLine();
            File.Delete(recording);
        }

        report.ToString().ShouldBeEmpty();
        lines.ShouldBeGreaterThan(recordings * 1000);
    }

    private static string Keep(string recording)
    {
        string kept = Path.Combine(Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "differing")).FullName, Path.GetFileName(recording));
        File.Copy(recording, kept, overwrite: true);
        return kept;
    }
}
