using System.Text;
using Pagewise.Workloads.Tests;

namespace Pagewise.Procfs.Tests;

/// <summary>Files that are read and written give the same bytes: every capture of the experiments, and this host's.</summary>
public class RoundTripTests
{
    public static TheoryData<string> Names => new(ProcFile.All.Select(file => file.Name));

    /// <summary>The host's files that every process may read.</summary>
    public static TheoryData<string> HostNames => new(ProcFile.All.Select(file => file.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryCaptureComesBackByteForByte(string name)
    {
        ProcFile file = ProcFile.Of(name);
        string[] captures = [.. Oracle.Files("guest", "*." + file.FileName), .. Oracle.Files("guest", file.FileName)];
        foreach (string capture in captures)
            Same(file, Encoding.UTF8.GetString(Oracle.Plain(capture)), capture);
        captures.Length.ShouldBeGreaterThanOrEqualTo(file.FileName switch
        {
            "vmstat" => 400,
            "zoneinfo" => 200,
            "meminfo" => 150,
            "buddyinfo" or "status" or "pagetypeinfo" => 70,
            "swaps" => 50,
            "smaps_rollup" => 4,
            "slabinfo" => 1,
            _ => 0,
        });
    }

    [Theory]
    [MemberData(nameof(HostNames))]
    public void TheHostsFileComesBackByteForByte(string name)
    {
        string text = HostFile("/proc/" + name);
        Same(ProcFile.Of(name), text, name);
    }

    [Fact]
    public void FilesOfAllProcessesOfTheHostComeBack()
    {
        int files = 0;
        foreach (string process in Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            foreach (ProcFile file in ProcFile.All.Where(file => file.Name.StartsWith("self/", StringComparison.Ordinal)))
            {
                string text;
                try
                {
                    text = Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(process, file.FileName)));
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    continue; // The process has ended, or is another user's.
                }

                // A process that ends while it is read shows empty files.
                if (text.Length == 0 && file.Name != "self/cmdline")
                    continue;
                Same(file, text, $"{process}/{file.FileName}");
                files++;
            }
        }

        files.ShouldBeGreaterThan(20);
    }

    private static string HostFile(string path)
    {
        Assert.SkipUnless(File.Exists(path), $"no {path} here");
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes(path));
        }
        catch (UnauthorizedAccessException)
        {
            Assert.Skip($"only root may read {path}");
            throw;
        }
    }

    private static void Same(ProcFile file, string text, string name) => file.Again(text).ShouldBe(text, name);
}
