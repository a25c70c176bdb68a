using System.Text.Json;
using Pagewise.Cli.Tests;

namespace Pagewise.Browser.Tests;

/// <summary>A recording run, its run file and its report, in a folder that goes when the test ends.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pagewise-views-").FullName;

    private RunFolder()
    {
    }

    public RunFolder(string recording, params string[] settings) => Run(recording, settings);

    private void Run(string recording, string[] settings)
    {
        string[] words = [.. settings.SelectMany(setting => new[] { "--set", setting })];
        CommandRun run = CommandRun.Of(["run", recording, "-o", RunFile, "--json", .. words]);
        run.Status.ShouldBe(0, run.Error);
        Report = JsonDocument.Parse(run.Output).RootElement.Clone();
        CommandRun written = CommandRun.Of("report", RunFile, "-o", Page);
        written.Status.ShouldBe(0, written.Error);
    }

    /// <summary>A recording written by hand.</summary>
    public static RunFolder Of(string text, params string[] settings)
    {
        var folder = new RunFolder();
        string file = Path.Combine(folder._folder, "recording.log");
        File.WriteAllText(file, text);
        folder.Run(file, settings);
        return folder;
    }

    public string RunFile => Path.Combine(_folder, "run.db");

    public string Page => Path.Combine(_folder, "report.html");

    public string Url => "file://" + Page;

    /// <summary>The run's report, as <c>--json</c> prints it.</summary>
    public JsonElement Report { get; private set; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
