using System.Text.Json;

namespace Pagewise.Cli.Tests;

/// <summary>What commands print, held as stored text: a change shows as a diff.</summary>
public sealed class ReportTests
{
    [Fact]
    public void RunPrintsTheStudentsExampleAsStored()
    {
        CommandRun run = CommandRun.Of("run", Checkout.Example("student.touch.log"));
        run.Status.ShouldBe(0, run.Error);
        run.Error.ShouldBeEmpty();
        Checkout.ShouldMatchExpectation(Relative(run.Output), "run-student.txt");
    }

    [Fact]
    public void RunPrintsTheStudentsExampleAsStoredJson()
    {
        CommandRun run = CommandRun.Of("run", Checkout.Example("student.touch.log"), "--json");
        run.Status.ShouldBe(0, run.Error);
        Checkout.ShouldMatchExpectation(Relative(run.Output), "run-student.json");
    }

    [Fact]
    public void EveryFieldOfTheJsonIsDocumented()
    {
        string text = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "json.md"));
        using JsonDocument json = JsonDocument.Parse(CommandRun.Of("run", Checkout.Example("student.touch.log"), "--json").Output);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        Collect(json.RootElement);
        names.Count.ShouldBeGreaterThan(60);
        foreach (string name in names)
            text.ShouldContain($"`{name}`", Case.Sensitive);

        void Collect(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                    Collect(item);
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    names.Add(property.Name);
                    Collect(property.Value);
                }
            }
        }
    }

    [Fact]
    public void ExplainPrintsACopiedPageAsStored()
    {
        CommandRun run = CommandRun.Of("explain", "0x405000", "--in", Checkout.Example("student.touch.log"));
        run.Status.ShouldBe(0, run.Error);
        Checkout.ShouldMatchExpectation(run.Output, "explain-student.txt");
    }

    [Fact]
    public void ARecordingOfCallsAloneSaysSoAndTakesAnAssumption()
    {
        string file = Checkout.Example("ls.strace");
        CommandRun none = CommandRun.Of("run", file, "--json");
        CommandRun write = CommandRun.Of("run", file, "--json", "--touch", "write");
        CommandRun all = CommandRun.Of("run", file, "--json", "--touch", "all");
        (long Assumed, ulong Resident) Facts(CommandRun run)
        {
            using JsonDocument json = JsonDocument.Parse(run.Output);
            return (json.RootElement.GetProperty("recording").GetProperty("assumedAccesses").GetInt64(),
                json.RootElement.GetProperty("processes")[0].GetProperty("residentBytes").GetUInt64());
        }

        CommandRun.Of("run", file).Output.ShouldContain("The recording has no accesses");
        Facts(none).Assumed.ShouldBe(0);
        Facts(write).Assumed.ShouldBeGreaterThan(0);
        Facts(all).Assumed.ShouldBeGreaterThan(Facts(write).Assumed);
        Facts(write).Resident.ShouldBeGreaterThan(Facts(none).Resident);
        Facts(all).Resident.ShouldBeGreaterThan(Facts(write).Resident);
    }

    [Fact]
    public void TheSameRunGivesTheSameBytes()
    {
        string[] words = ["run", Checkout.Example("ls.strace"), "--json", "--seed", "7", "--touch", "write"];
        CommandRun.Of(words).Output.ShouldBe(CommandRun.Of(words).Output);
        CommandRun.Of("run", Checkout.Example("ls.strace"), "--json", "--seed", "8", "--touch", "write").Output.ShouldNotBe(CommandRun.Of(words).Output);
    }

    [Fact]
    public void AReportIsWrittenToAFileWholeOrNotAtAll()
    {
        string folder = Directory.CreateTempSubdirectory("pagewise-test-").FullName;
        try
        {
            string file = Path.Combine(folder, "report.json");
            CommandRun run = CommandRun.Of("run", Checkout.Example("student.touch.log"), "--json", "-o", file);
            run.Status.ShouldBe(0, run.Error);
            run.Output.ShouldBeEmpty();
            File.ReadAllText(file).ShouldBe(CommandRun.Of("run", Checkout.Example("student.touch.log"), "--json").Output);
            CommandRun.Of("run", Checkout.Example("student.touch.log"), "-o", Path.Combine(folder, "no", "such", "folder")).ShouldHaveFailedWith("cannot be written");
            Directory.GetFiles(folder).ShouldBe([file]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Paths of this checkout are its own.
    private static string Relative(string text) => text.Replace(Checkout.Root + "/", "", StringComparison.Ordinal);
}
